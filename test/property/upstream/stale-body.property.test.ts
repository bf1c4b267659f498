import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { systemClock } from '#shared/clock/clock.ts';
import { ByteBudget } from '#shared/memory/byte-budget.ts';
import type { ConnectionPool } from '../../../proxy/upstream/connection-pool.ts';
import { RequestBody } from '../../../proxy/upstream/request-body.ts';
import { openTestPool } from '../../support/open-test-pool.ts';
import { startUpstream } from '../../support/start-upstream.ts';
import { sendingCaller } from '../../support/sending-caller.ts';

const maxBytes = 5_000;

/** Resolves with the status of the answer, 0 without one. */
function send(pool: ConnectionPool, method: string, body: RequestBody | null): Promise<number> {
  return new Promise((resolve) => {
    let status = 0;
    const settle = (): void => {
      body?.close();
      resolve(status);
    };
    pool.dispatch(
      { method, path: '/', headers: [], body, trailers: null },
      {
        onRequestStart: () => undefined,
        onResponseStart: (_controller, received) => (status = received),
        onResponseData: () => undefined,
        onResponseEnd: settle,
        onResponseError: settle,
      },
    );
  });
}

const pieces = fc
  .array(fc.tuple(fc.integer({ min: 1, max: 2_000 }), fc.nat({ max: 255 })), {
    minLength: 1,
    maxLength: 6,
    size: 'max',
  })
  .map((all) => all.map(([length, byte]) => Buffer.alloc(length, byte)));

test('wherever a kept connection breaks, a body that is kept arrives once more, whole; and no other is sent twice', async () => {
  /** The first kept connection that a body comes over breaks once so much of it is there, or at its end. */
  let cut = 0;
  let hasBroken = false;
  let received: Buffer[] = [];
  const kept = new WeakSet();
  const upstream = await startUpstream((request, response) => {
    const breaks = kept.has(request.socket) && !hasBroken;
    kept.add(request.socket);
    if (request.method === 'GET') return void response.end();
    hasBroken ||= breaks;
    const bodies = received;
    const place = bodies.push(Buffer.alloc(0)) - 1;
    request.on('error', () => response.destroy());
    request.on('data', (piece: Buffer) => {
      const body = Buffer.concat([bodies[place] ?? piece, piece]);
      bodies[place] = body;
      if (breaks && body.length >= cut) request.socket.resetAndDestroy();
    });
    request.on('end', () => void (breaks ? request.socket.resetAndDestroy() : response.end()));
  });
  const pool = openTestPool(upstream.origin, null);
  const budget = new ByteBudget(2 * maxBytes);
  pool.begin();
  await fc.assert(
    fc.asyncProperty(
      pieces,
      fc.integer({ min: 1, max: 12_000 }),
      fc.constantFrom('PUT', 'POST'),
      async (sent, at, method) => {
        cut = at;
        received = [];
        hasBroken = false;
        expect(await send(pool, 'GET', null)).toBe(200);
        // undici takes a connection for idle a turn after its answer.
        await new Promise(setImmediate);
        const body = new RequestBody(sendingCaller(sent), {
          maxBytes: 0,
          idleTimeoutMs: 10_000,
          clock: systemClock,
          onFirstRead: () => undefined,
          replay: { maxBytes, budget },
        });
        const status = await send(pool, method, body);
        const whole = Buffer.concat(sent);
        expect(received.length).toBe(hasBroken && status === 200 ? 2 : 1);
        if (status === 200) expect(received.at(-1)?.equals(whole)).toBe(true);
        if (hasBroken && method === 'POST') expect(status).toBe(0);
        else if (!hasBroken || whole.length <= maxBytes) expect(status).toBe(200);
        expect(budget.take(2 * maxBytes), 'all is given back').toBe(true);
        budget.give(2 * maxBytes);
      },
    ),
    { numRuns: 100 },
  );
  pool.end();
  pool.retire();
});

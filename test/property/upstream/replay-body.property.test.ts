import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { ByteBudget } from '#shared/memory/byte-budget.ts';
import { ReplayBody } from '../../../proxy/upstream/replay-body.ts';
import { RequestBody } from '../../../proxy/upstream/request-body.ts';
import type { UpstreamBody } from '../../../proxy/upstream/upstream-body.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { sendingCaller } from '../../support/sending-caller.ts';

/** Reads until so many bytes have come and it wants more, or all of it. */
function read(body: UpstreamBody, limit: number): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const pieces: Buffer[] = [];
    let bytes = 0;
    body.on('data', (piece: Buffer) => {
      pieces.push(piece);
      bytes += piece.length;
      // A turn later it asks for what comes next.
      if (bytes >= limit) setImmediate(() => body.destroy());
    });
    body.on('close', () => resolve(Buffer.concat(pieces))).on('error', reject);
  });
}

const pieces = fc
  .array(fc.tuple(fc.integer({ min: 1, max: 300 }), fc.nat({ max: 255 })), { maxLength: 20, size: 'max' })
  .map((all) => all.map(([length, byte]) => Buffer.alloc(length, byte)));
const abandoned = fc.array(fc.integer({ min: 1, max: 900 }), { maxLength: 4, size: 'max' });

test('every try reads the body from its beginning, as long as it is kept; what is kept is given back', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.noBias(pieces),
      fc.noBias(abandoned),
      fc.integer({ min: 0, max: 3_000 }),
      fc.integer({ min: 0, max: 8 }),
      async (sent, tries, bytesPerCall, pause) => {
        const whole = Buffer.concat(sent);
        let asked = 0;
        const budget = new ByteBudget(10_000);
        const source = new RequestBody(sendingCaller(sent), {
          maxBytes: 0,
          idleTimeoutMs: 1_000,
          clock: new ManualClock(),
          onFirstRead: () => (asked += 1),
        });
        const body = new ReplayBody(source, { maxBytes: bytesPerCall, budget });
        for (const limit of tries) {
          if (!body.isKept) break;
          const part = await read(body.open(), limit);
          expect(part.equals(whole.subarray(0, part.length))).toBe(true);
          const wasKept = body.isKept;
          for (let turn = 0; turn < pause; turn += 1) await new Promise(setImmediate);
          expect(body.isKept, 'nothing is read between two tries').toBe(wasKept);
        }
        if (body.isKept) {
          const last = body.open();
          body.forget();
          expect((await read(last, Number.POSITIVE_INFINITY)).equals(whole)).toBe(true);
          body.forget();
          expect(budget.take(10_000), 'nothing is kept of what the last try has read').toBe(true);
          budget.give(10_000);
        } else expect(whole.length).toBeGreaterThan(bytesPerCall);
        expect(asked).toBeLessThanOrEqual(1);
        body.destroy();
        expect(budget.take(10_000)).toBe(true);
      },
    ),
    { numRuns: 150 },
  );
});

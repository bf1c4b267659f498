import { PassThrough } from 'node:stream';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { ReplayBody } from '../../../proxy/resilience/replay-body.ts';
import { ReplayRoom } from '../../../proxy/resilience/replay-room.ts';
import { RequestBody, type BodySource } from '../../../proxy/upstream/request-body.ts';
import type { UpstreamBody } from '../../../proxy/upstream/upstream-body.ts';
import { ManualClock } from '../../support/manual-clock.ts';

/** A caller that sends its body piece by piece. */
function callerSending(pieces: readonly Buffer[]): BodySource {
  const source = Object.assign(new PassThrough(), { complete: false });
  void (async (): Promise<void> => {
    for (const piece of pieces) {
      await new Promise(setImmediate);
      source.write(piece);
    }
    source.end();
  })();
  return source;
}

/** Reads until so many bytes have come, or all of it. */
async function read(body: UpstreamBody, limit: number): Promise<Buffer> {
  const pieces: Buffer[] = [];
  let bytes = 0;
  for await (const piece of body) {
    pieces.push(piece as Buffer);
    bytes += (piece as Buffer).length;
    if (bytes >= limit) break;
  }
  return Buffer.concat(pieces);
}

const pieces = fc.array(fc.uint8Array({ minLength: 1, maxLength: 300 }), { maxLength: 20 });
const abandoned = fc.array(fc.integer({ min: 1, max: 3_000 }), { maxLength: 4 });

test('every try reads the body from its beginning, as long as it is kept; what is kept is given back', async () => {
  await fc.assert(
    fc.asyncProperty(pieces, abandoned, fc.integer({ min: 0, max: 4_000 }), async (sent, tries, bytesPerCall) => {
      const whole = Buffer.concat(sent);
      let asked = 0;
      const room = new ReplayRoom({ bytesPerCall, bytesInAll: 10_000 });
      const source = new RequestBody(callerSending(sent.map((piece) => Buffer.from(piece))), {
        maxBytes: 0,
        idleTimeoutMs: 1_000,
        clock: new ManualClock(),
        onFirstRead: () => (asked += 1),
      });
      const body = new ReplayBody(source, room);
      for (const limit of tries) {
        if (!body.isKept) break;
        const part = await read(body.open(), limit);
        expect(part.equals(whole.subarray(0, part.length))).toBe(true);
      }
      if (body.isKept) {
        body.forget();
        expect((await read(body.open(), Number.POSITIVE_INFINITY)).equals(whole)).toBe(true);
      } else expect(whole.length).toBeGreaterThan(bytesPerCall);
      expect(asked).toBeLessThanOrEqual(1);
      body.destroy();
      expect(room.tryTake(10_000)).toBe(true);
    }),
    { numRuns: 150 },
  );
});

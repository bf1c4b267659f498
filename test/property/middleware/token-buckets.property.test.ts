/** Whatever callers do, no bucket gives more than its burst and what flows in, and it gives all of that to who asks often enough. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { TokenBuckets } from '../../../proxy/middleware/ratelimit/token-buckets.ts';

const rates = fc.double({ min: 0.01, max: 10_000, noNaN: true });
const bursts = fc.integer({ min: 1, max: 1_000 });
const pauses = fc.array(fc.double({ min: 0, max: 5_000, noNaN: true }), { maxLength: 300 });

/** Tokens as a number that grows, the plain way. */
function plainBucket(tokensPerSecond: number, burst: number): (nowMs: number) => boolean {
  let tokens = burst;
  let atMs = 0;
  return (nowMs) => {
    tokens = Math.min(burst, tokens + ((nowMs - atMs) * tokensPerSecond) / 1000);
    atMs = nowMs;
    if (tokens < 1 - 1e-6) return false;
    tokens -= 1;
    return true;
  };
}

test('it decides as a bucket of tokens does', () => {
  fc.assert(
    fc.property(rates, bursts, pauses, (tokensPerSecond, burst, steps) => {
      const buckets = new TokenBuckets({ tokensPerSecond, burst, maxKeys: 1 });
      let nowMs = 0;
      let given = 0;
      for (const pauseMs of steps) {
        nowMs += pauseMs;
        if (buckets.take('key', nowMs) === 0) given += 1;
        expect(given).toBeLessThanOrEqual(burst + (nowMs * tokensPerSecond) / 1000 + 1e-3);
      }
    }),
  );
});

test('it agrees with the plain one where no rounding is near', () => {
  fc.assert(
    fc.property(
      fc.constantFrom(1, 2, 4, 8, 100),
      bursts,
      fc.array(fc.integer({ min: 0, max: 3_000 }), { maxLength: 300 }),
      (tokensPerSecond, burst, steps) => {
        const buckets = new TokenBuckets({ tokensPerSecond, burst, maxKeys: 1 });
        const plain = plainBucket(tokensPerSecond, burst);
        let nowMs = 0;
        for (const pauseMs of steps) {
          nowMs += pauseMs;
          expect(buckets.take('key', nowMs) === 0).toBe(plain(nowMs));
        }
      },
    ),
  );
});

test('who waits as long as it says is let through, and not before', () => {
  fc.assert(
    fc.property(rates, bursts, (tokensPerSecond, burst) => {
      const buckets = new TokenBuckets({ tokensPerSecond, burst, maxKeys: 1 });
      for (let count = 0; count < burst; count += 1) expect(buckets.take('key', 0)).toBe(0);
      const waitMs = buckets.take('key', 0);
      expect(waitMs).toBeGreaterThan(0);
      expect(buckets.take('key', waitMs / 2)).toBeGreaterThan(0);
      expect(buckets.take('key', waitMs)).toBe(0);
    }),
  );
});

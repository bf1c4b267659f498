import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { retryDelayMs } from '../../../proxy/resilience/retry-delay.ts';
import { retryPolicy } from '../../support/retry-policy.ts';

/** Exponential growth as cenkalti's backoff v4 has it: one interval that grows in place. */
class GrowingInterval {
  #intervalMs: number;
  readonly #multiplier: number;
  readonly #maxMs: number;

  constructor(options: { readonly initialMs: number; readonly multiplier: number; readonly maxMs: number }) {
    this.#intervalMs = options.initialMs;
    this.#multiplier = options.multiplier;
    this.#maxMs = options.maxMs;
  }

  next(): number {
    const present = this.#intervalMs;
    this.#intervalMs = present >= this.#maxMs / this.#multiplier ? this.#maxMs : present * this.#multiplier;
    return present;
  }
}

const interval = fc.integer({ min: 0, max: 120_000 });
const multiplier = fc.double({ min: 1, max: 10, noNaN: true });

test('exponential delays are those of Dapr, for any policy and any number of retries', () => {
  fc.assert(
    fc.property(
      interval,
      interval,
      multiplier,
      fc.double({ min: 0, max: 0.999_999, noNaN: true }),
      (one, other, factor, random) => {
        const [initialMs, maxMs] = [Math.min(one, other), Math.max(one, other)];
        const shape = {
          backoff: 'exponential',
          initialIntervalMs: initialMs,
          maxIntervalMs: maxMs,
          multiplier: factor,
        } as const;
        const model = new GrowingInterval({ initialMs, multiplier: factor, maxMs });
        for (let retry = 1; retry <= 40; retry += 1) {
          const expected = model.next();
          const plain = retryDelayMs(retryPolicy({ ...shape, jitter: 'none' }), retry, () => random);
          expect(plain).toBeCloseTo(expected, 3);
          const half = retryDelayMs(retryPolicy({ ...shape, jitter: 'half' }), retry, () => random);
          expect(half).toBeCloseTo(expected * 0.5 + random * expected, 3);
          const full = retryDelayMs(retryPolicy({ ...shape, jitter: 'full' }), retry, () => random);
          expect(full).toBeCloseTo(random * expected, 3);
        }
      },
    ),
  );
});

test('a delay is a number that a timer can wait for, however many retries there were', () => {
  const anyPolicy = fc.record({
    backoff: fc.constantFrom('constant' as const, 'exponential' as const),
    initialIntervalMs: fc.integer({ min: 0, max: 2 ** 31 - 1 }),
    maxIntervalMs: fc.integer({ min: 0, max: 2 ** 31 - 1 }),
    multiplier: fc.double({ min: 0, max: 1e9, noNaN: true }),
    jitter: fc.constantFrom('none' as const, 'half' as const, 'full' as const),
  });
  fc.assert(
    fc.property(
      anyPolicy,
      fc.integer({ min: 1, max: 2 ** 31 }),
      fc.double({ min: 0, max: 0.999, noNaN: true }),
      (shape, retry, random) => {
        const delayMs = retryDelayMs(retryPolicy(shape), retry, () => random);
        expect(delayMs).toBeGreaterThanOrEqual(0);
        expect(delayMs).toBeLessThanOrEqual(2 ** 31 - 1);
      },
    ),
  );
});

test('a constant delay is what it says, longer than the longest interval or not', () => {
  expect(retryDelayMs(retryPolicy({ initialIntervalMs: 90_000, maxIntervalMs: 60_000 }), 7, () => 0.9)).toBe(90_000);
});

test('the sequence without jitter is the one that everybody knows', () => {
  const policy = retryPolicy({ backoff: 'exponential', initialIntervalMs: 500, multiplier: 1.5 });
  const delays = [1, 2, 3, 4, 5, 6, 7, 8].map((retry) => Math.round(retryDelayMs(policy, retry, () => 0)));
  expect(delays).toEqual([500, 750, 1125, 1688, 2531, 3797, 5695, 8543]);
});

/** Waiting after failures: exponential, bounded, jittered, and never longer than it had worked. */
import { expect, test } from 'vitest';
import { Backoff } from '../../../../operator/kube/backoff.ts';

const never = { retryAfterMs: 0, workedMs: 0 };

function backoff(random: number): Backoff {
  return new Backoff({ firstMs: 250, longestMs: 30_000, random: () => random });
}

test('each failure doubles the bound, up to the longest', () => {
  const waits = backoff(0.5);
  const first = Array.from({ length: 10 }, () => waits.failed(never));
  expect(first).toEqual([125, 250, 500, 1000, 2000, 4000, 8000, 15_000, 15_000, 15_000]);
});

test('a thousand failures are no more than the bound', () => {
  const waits = backoff(0.999);
  for (let i = 0; i < 1000; i += 1) expect(waits.failed(never)).toBeLessThan(30_000);
});

test('the whole bound is used for jitter', () => {
  expect(backoff(0).failed(never)).toBe(0);
});

test('what Retry-After asks for is waited for, and the jitter on top', () => {
  expect(backoff(0.5).failed({ retryAfterMs: 3000, workedMs: 0 })).toBe(3125);
});

test('what worked for seconds is not left alone for longer', () => {
  const waits = backoff(0.5);
  for (let i = 0; i < 10; i += 1) waits.failed(never);
  expect(waits.failed({ retryAfterMs: 0, workedMs: 2000 })).toBe(1000);
  expect(waits.failed({ retryAfterMs: 0, workedMs: 1 })).toBe(125);
});

test('after a reset it begins anew', () => {
  const waits = backoff(0.5);
  waits.failed(never);
  waits.failed(never);
  expect(waits.failures).toBe(2);
  waits.reset();
  expect(waits.failures).toBe(0);
  expect(waits.failed(never)).toBe(125);
});

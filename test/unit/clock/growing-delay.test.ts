import { expect, test } from 'vitest';
import { growingDelayMs } from '#shared/clock/growing-delay.ts';

test('doubles with each failure, up to the longest', () => {
  const growth = { firstMs: 250, longestMs: 30_000 };
  const delays = [1, 2, 3, 7, 8, 9, 1_000, 1e9].map((failures) => growingDelayMs(growth, failures));
  expect(delays).toEqual([250, 500, 1_000, 16_000, 30_000, 30_000, 30_000, 30_000]);
});

test('is the longest where the first is longer', () => {
  expect(growingDelayMs({ firstMs: 500, longestMs: 100 }, 1)).toBe(100);
});

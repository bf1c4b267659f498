import { expect, test } from 'vitest';
import { msFromRetryAfter } from '#shared/clock/retry-after.ts';

const now = Date.UTC(2026, 10, 28, 20, 0, 0);

test.each([
  ['0', 0],
  ['7', 7_000],
  [' 7 ', 7_000],
  ['99999999999999999999', 1e23],
  ['Sat, 28 Nov 2026 20:00:05 GMT', 5_000],
  ['Saturday, 28-Nov-26 20:00:05 GMT', 5_000],
  ['Sat Nov 28 20:00:05 2026', 5_000],
  ['Sun Nov  1 20:00:05 2026', 0],
  ['Sat, 28 Nov 2026 19:59:00 GMT', 0],
])('%j is %d ms', (value, expected) => {
  expect(msFromRetryAfter(value, now)).toBe(expected);
});

test.each([
  '',
  '-1',
  '1.5',
  '1e3',
  '0x10',
  'soon',
  '2026-11-28',
  'Sat, 28 Nov 2026 20:00:05 CET',
  'Sat, 99 Foo 2026 20:00:05 GMT',
  '1, 2',
])('%j says nothing', (value) => {
  expect(msFromRetryAfter(value, now)).toBeNull();
});

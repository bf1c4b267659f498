import { expect, test } from 'vitest';
import { msFromDurationOrNumber } from '#shared/settings/duration-or-number.ts';

test.each([
  ['250ms', 250],
  ['1m30s', 90_000],
  ['0', 0],
  ['250', 250],
  ['+250', 250],
  ['-250', -250],
  ['-1s', -1_000],
  ['2147483648', 2_147_483_647],
  ['1000000h', 2_147_483_647],
  ['9'.repeat(400), 2_147_483_647],
])('%s is %d ms', (text, ms) => {
  expect(msFromDurationOrNumber(text)).toBe(ms);
});

test.each(['', ' 5s', '5 s', '1.5', '1e3', '5d', 'soon', '--5'])('"%s" is none', (text) => {
  expect(msFromDurationOrNumber(text)).toBeNull();
});

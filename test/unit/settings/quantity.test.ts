import { describe, expect, test } from 'vitest';
import { bytesFromQuantity } from '#shared/settings/quantity.ts';

describe('bytesFromQuantity', () => {
  test.each([
    ['0', 0],
    ['-1', -1],
    ['4Ki', 4096],
    ['4Mi', 4 * 2 ** 20],
    ['1.5Gi', 1.5 * 2 ** 30],
    ['10M', 10_000_000],
    ['1k', 1000],
    ['4e3', 4000],
    ['4E3', 4000],
    ['2E', 2e18],
    ['+5', 5],
    ['.5Ki', 512],
    ['5.', 5],
  ])('reads %s', (text, bytes) => {
    expect(bytesFromQuantity(text)).toBe(Number.isSafeInteger(bytes) ? bytes : null);
  });

  test.each([
    ['100m', 1],
    ['0.1', 1],
    ['-0.1', -1],
    ['1500m', 2],
  ])('rounds %s away from zero, as Kubernetes does', (text, bytes) => {
    expect(bytesFromQuantity(text)).toBe(bytes);
  });

  test.each([
    '',
    ' 4Mi',
    '4 Mi',
    '4mi',
    '4MB',
    '4K',
    'Mi',
    '0x10',
    '1_000',
    '4Mi4',
    'e3',
    '1e',
    '--1',
    'NaN',
    '9999Ei',
  ])('refuses %j', (text) => {
    expect(bytesFromQuantity(text)).toBeNull();
  });
});

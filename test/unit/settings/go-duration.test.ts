import { describe, expect, test } from 'vitest';
import { msFromGoDuration } from '#shared/settings/go-duration.ts';

describe('msFromGoDuration', () => {
  test.each([
    ['0', 0],
    ['-0', 0],
    ['0s', 0],
    ['10s', 10_000],
    ['1m30s', 90_000],
    ['1.5h', 5_400_000],
    ['250ms', 250],
    ['1h2m3s4ms', 3_723_004],
    ['500us', 0.5],
    ['2µs', 0.002],
    ['-3s', -3000],
    ['+3s', 3000],
    ['.5s', 500],
  ])('reads %s', (text, ms) => {
    expect(msFromGoDuration(text)).toBeCloseTo(ms, 9);
  });

  test.each(['', '10', 's', '10 s', '10sec', '1d', '10s ', '-', '.s', '1e3s', '0x1s'])('refuses %j', (text) => {
    expect(msFromGoDuration(text)).toBeNull();
  });
});

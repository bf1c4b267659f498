import { describe, expect, test } from 'vitest';
import { countsLine, sumCounts } from '../../../scripts/counts.ts';

const passed = (count: number): { passed: number; failed: number; skipped: number } => ({
  passed: count,
  failed: 0,
  skipped: 0,
});

describe('the last line of .ci/run', () => {
  test('adds up every suite', () => {
    const counts = sumCounts([
      { name: 'check', exitCode: 1, counts: { passed: 6, failed: 2, skipped: 0 } },
      { name: 'test', exitCode: 0, counts: { passed: 10, failed: 0, skipped: 3 } },
    ]);
    expect(countsLine(counts)).toBe('16 passed, 2 failed, 3 skipped');
  });

  test('does not mention skipped tests when there are none', () => {
    expect(countsLine(passed(4))).toBe('4 passed, 0 failed');
  });

  test.each([
    ['wrote no counts', { name: 'test', exitCode: 0, counts: null }],
    ['ran nothing', { name: 'test', exitCode: 0, counts: passed(0) }],
    ['failed without a failure to count', { name: 'test', exitCode: 1, counts: passed(7) }],
  ])('counts a suite that %s as one failure', (_what, outcome) => {
    expect(sumCounts([{ name: 'check', exitCode: 0, counts: passed(8) }, outcome]).failed).toBe(1);
  });
});

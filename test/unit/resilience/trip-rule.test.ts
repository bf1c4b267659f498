import { describe, expect, test } from 'vitest';
import { defaultTripRule, parseTripRule, type BreakerCounts } from '#shared/resilience/trip-rule.ts';

const none: BreakerCounts = {
  requests: 0,
  totalSuccesses: 0,
  totalFailures: 0,
  consecutiveSuccesses: 0,
  consecutiveFailures: 0,
};

function trips(text: string, counts: Partial<BreakerCounts>): boolean {
  const { rule, mistake } = parseTripRule(text);
  if (rule === null) throw new Error(mistake);
  return rule({ ...none, ...counts });
}

describe('a trip rule', () => {
  test.each([
    [defaultTripRule, { consecutiveFailures: 5 }, false],
    [defaultTripRule, { consecutiveFailures: 6 }, true],
    ['totalFailures >= 5 && totalFailures * 2 > requests', { requests: 10, totalFailures: 5 }, false],
    ['totalFailures >= 5 && totalFailures * 2 > requests', { requests: 9, totalFailures: 5 }, true],
    ['double(totalFailures) / double(requests) >= 0.5', { requests: 10, totalFailures: 5 }, true],
    ['requests > 2 ? totalSuccesses == 0 : false', { requests: 3 }, true],
    ['consecutiveSuccesses in [1, 2]', { consecutiveSuccesses: 2 }, true],
    ['true', {}, true],
  ])('%s of %o is %s', (text, counts, expected) => {
    expect(trips(text, counts)).toBe(expected);
  });

  test('that divides by zero does not open the breaker, and goes on', () => {
    expect(trips('totalFailures * 100 / requests > 50', { totalFailures: 1 })).toBe(false);
    expect(trips('totalFailures * 100 / requests > 50', { totalFailures: 6, requests: 10 })).toBe(true);
  });

  test('whose kind shows only when it is worked out does not open the breaker', () => {
    expect(trips('dyn(requests)', { requests: 1 })).toBe(false);
    expect(trips('dyn("a") > dyn(1)', {})).toBe(false);
  });

  test('counts with whole numbers of any size', () => {
    expect(trips('requests > 4503599627370496', { requests: 2 ** 53 - 1 })).toBe(true);
  });

  test.each([
    ['', 'Unexpected token: EOF at character 1'],
    ['requests > 20 &&& true', 'Unexpected character: & at character 17'],
    ['consecutiveFailure > 5', 'Unknown variable: consecutiveFailure; is consecutiveFailures meant?'],
    [
      'failures > 5',
      'Unknown variable: failures; there are requests, totalSuccesses, totalFailures, consecutiveSuccesses, consecutiveFailures',
    ],
    ['requests', 'it gives int, not true or false'],
    ['requests > "5"', 'no such overload: int > string'],
    ['[1].exists(x, x > requests)', 'exists() has no place in a rule over numbers'],
    ['requests > 0 && !("aa".matches("(a+)+$") || false)', 'matches() has no place in a rule over numbers'],
    [`${'('.repeat(40)}true${')'.repeat(40)}`, 'Exceeded maxDepth (32)'],
    [`true${' || requests > 1'.repeat(100)}`, 'Exceeded maxAstNodes (256)'],
    [' '.repeat(5_000), 'it has more than 4096 characters'],
  ])('%j is refused', (text, mistake) => {
    expect(parseTripRule(text)).toEqual({ rule: null, mistake, warning: null });
  });

  test.each([
    'totalFailures / requests > 0.5',
    'requests > 20 && (totalFailures + 1) / requests > 0.5',
    '(totalFailures / requests) * 100 > 50',
  ])('%s is used, with a warning: the quotient is cut', (text) => {
    expect(parseTripRule(text).warning).toMatch(/double\(totalFailures\)/);
    expect(trips(text, { requests: 100, totalFailures: 50 })).toBe(false);
  });

  test.each([
    'totalFailures * 100 / requests > 50',
    'double(totalFailures) / double(requests) > 0.5',
    'totalFailures > requests / 2',
  ])('%s is used without a warning', (text) => {
    expect(parseTripRule(text).warning).toBeNull();
  });
});

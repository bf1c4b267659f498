/** Bytes that nobody can keep from the others. */
import { expect, test } from 'vitest';
import { FairBudget } from '../../../../operator/listener/fair-budget.ts';

test('one holder gets half, the next ones half of what is left each, and what is given back is free again', () => {
  const budget = new FairBudget(64);
  const [greedy, other, third] = ['10.0.0.1', '10.0.0.2', '10.0.0.3'].map((holder) => budget.of(holder));
  expect(greedy?.take(33)).toBe(false);
  for (let bytes = 0; bytes < 32; bytes += 1) expect(greedy?.take(1)).toBe(true);
  expect(greedy?.take(1)).toBe(false);
  expect(other?.take(17)).toBe(false);
  expect(other?.take(16)).toBe(true);
  expect(third?.take(8)).toBe(true);
  expect(third?.take(1)).toBe(false);
  greedy?.give(32);
  expect(third?.take(16)).toBe(true);
  expect(budget.of('10.0.0.1').take(12)).toBe(true);
});

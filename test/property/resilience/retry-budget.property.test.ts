import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { RetryBudget } from '../../../proxy/resilience/retry-budget.ts';
import { ManualClock } from '../../support/manual-clock.ts';

/** Everything that ever happened, each with its second. */
class Ledger {
  readonly #calls: number[] = [];
  readonly #retries: number[] = [];

  call(second: number): void {
    this.#calls.push(second);
  }

  mayRetry(second: number): boolean {
    const inWindow = (at: number): boolean => at > second - 10;
    const allowed = this.#calls.filter(inWindow).length * 0.2 + 100;
    if (this.#retries.filter(inWindow).length + 1 > allowed) return false;
    this.#retries.push(second);
    return true;
  }
}

type Step =
  | { readonly does: 'calls' | 'retries'; readonly count: number }
  | { readonly does: 'wait'; readonly ms: number };

const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ does: fc.constantFrom('calls' as const, 'retries' as const), count: fc.integer({ min: 1, max: 200 }) }),
  fc.record({ does: fc.constant('wait' as const), ms: fc.integer({ min: 1, max: 25_000 }) }),
);

test('is a fifth of the calls of ten seconds and ten a second besides, whatever the order', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 30 }), fc.integer({ min: 0, max: 999 }), (steps, startMs) => {
      const clock = new ManualClock();
      clock.advance(startMs);
      const budget = new RetryBudget(clock);
      const ledger = new Ledger();
      for (const one of steps) {
        if (one.does === 'wait') clock.advance(one.ms);
        else {
          for (let done = 0; done < one.count; done += 1) {
            const second = Math.floor(clock.monotonicMs() / 1000);
            if (one.does === 'retries') expect(budget.tryTake()).toBe(ledger.mayRetry(second));
            else {
              budget.noteCall();
              ledger.call(second);
            }
          }
        }
      }
    }),
    { numRuns: 200 },
  );
});

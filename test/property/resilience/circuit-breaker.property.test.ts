/**
 * The real breaker, opossum and all, against a plain model of gobreaker. opossum takes the platform's timers and cannot be given
 * others, so Vitest's stand in for both: the machine's clock reads the same fake time as opossum's timer runs by.
 */
import * as fc from 'fast-check';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { systemClock } from '#shared/clock/clock.ts';
import { ProxyError } from '#shared/errors/proxy-error.ts';
import { parseTripRule, type BreakerCounts } from '#shared/resilience/trip-rule.ts';
import type { BreakerPolicy } from '#shared/table/resilience.ts';
import type { BreakerState } from '../../../proxy/telemetry/telemetry.ts';
import type { Admission } from '../../../proxy/resilience/call-resilience.ts';
import { CircuitBreaker } from '../../../proxy/resilience/circuit-breaker.ts';
import { GobreakerModel, type Outcome } from '../../support/gobreaker-model.ts';

interface Pass {
  readonly admission: Admission;
  readonly generation: number;
}

type Step =
  | { readonly does: 'ask' }
  | { readonly does: 'settle'; readonly which: number; readonly outcome: Outcome }
  | { readonly does: 'wait'; readonly ms: number };

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval', 'performance', 'Date'] });
});

afterEach(() => {
  vi.useRealTimers();
});

const policies: fc.Arbitrary<BreakerPolicy> = fc.record({
  name: fc.constant('cb'),
  resource: fc.constant('r'),
  maxRequests: fc.integer({ min: 1, max: 3 }),
  intervalMs: fc.constantFrom(0, 1, 40, 500),
  timeoutMs: fc.constantFrom(1, 50, 2_500),
  trip: fc.constantFrom(
    'consecutiveFailures > 5',
    'consecutiveFailures >= 1',
    'totalFailures >= 2 && totalFailures * 2 > requests',
    'requests >= 4 && totalFailures / requests >= 1',
    'requests - totalSuccesses > 3',
    'totalFailures / consecutiveSuccesses > 0', // cannot be worked out: no trip
    'true',
    'false',
  ),
});

const steps: fc.Arbitrary<readonly Step[]> = fc.array(
  fc.oneof(
    { weight: 4, arbitrary: fc.constant<Step>({ does: 'ask' }) },
    {
      weight: 4,
      arbitrary: fc.record({
        does: fc.constant('settle' as const),
        which: fc.nat(4),
        outcome: fc.constantFrom<Outcome>('failed', 'failed', 'succeeded', 'ignored'),
      }),
    },
    {
      weight: 1,
      arbitrary: fc.record({ does: fc.constant('wait' as const), ms: fc.constantFrom(1, 10, 40, 50, 51, 500, 2_500) }),
    },
  ),
  { maxLength: 200, size: 'max' },
);

/** What each run saw, so that the property cannot hold because nothing happened. */
const seen = new Map<string, number>();

test('what is let through, when it opens and when it closes is as in gobreaker, whatever happens in whatever order', () => {
  fc.assert(
    fc.property(policies, steps, (policy, history) => {
      vi.clearAllTimers();
      runHistory(policy, history);
    }),
    { numRuns: 500 },
  );
  const kinds = ['admitted', 'circuit breaker is open', 'too many requests', 'closed', 'half-open', 'open'];
  for (const kind of kinds) expect(seen.get(kind) ?? 0, kind).toBeGreaterThan(10);
});

function runHistory(policy: BreakerPolicy, history: readonly Step[]): void {
  const rule = parseTripRule(policy.trip).rule ?? expect.fail(policy.trip);
  const judged: { readonly real: BreakerCounts[]; readonly model: BreakerCounts[] } = { real: [], model: [] };
  const judge = (who: 'real' | 'model') => (counts: BreakerCounts) => {
    judged[who].push({ ...counts });
    return rule(counts);
  };
  const changes: BreakerState[] = [];
  const model = new GobreakerModel(policy, { trips: judge('model'), nowMs: systemClock.monotonicMs() });
  const breaker = new CircuitBreaker({
    target: { kind: 'endpoint', label: 'github' },
    policy,
    trips: judge('real'),
    clock: systemClock,
    onChange: ({ state }) => {
      changes.push(state);
      see(state);
    },
  });
  const passes: Pass[] = [];
  for (const step of history) {
    take(step);
    expect(breaker.state).toBe(model.state(systemClock.monotonicMs()));
    expect(changes).toEqual(model.changes);
    expect(judged.real).toEqual(judged.model);
    expect(vi.getTimerCount(), 'only an open breaker has a timer').toBe(breaker.state === 'open' ? 1 : 0);
    expect(breaker.openForMs > 0).toBe(breaker.state === 'open');
  }

  function take(step: Step): void {
    const nowMs = systemClock.monotonicMs();
    if (step.does === 'wait') {
      vi.advanceTimersByTime(step.ms);
    } else if (step.does === 'ask') {
      const expected = model.admit(nowMs);
      const answer = ask(breaker);
      if (typeof answer === 'string') expect(answer).toBe(expected);
      else passes.push({ admission: answer, generation: Number(expected) });
      see(typeof answer === 'string' ? answer : 'admitted');
      expect(typeof expected === 'string').toBe(typeof answer === 'string');
    } else {
      const [pass] = passes.splice(step.which % Math.max(1, passes.length), 1);
      if (pass === undefined) return;
      model.settle(pass.generation, { outcome: step.outcome, nowMs });
      pass.admission[step.outcome]();
      pass.admission.failed(); // a second verdict on the same try changes nothing
    }
  }
}

/** A pass, or why there is none. */
function ask(breaker: CircuitBreaker): Admission | string {
  const { openForMs } = breaker;
  try {
    return breaker.admit();
  } catch (error) {
    if (!(error instanceof ProxyError)) throw error;
    const seconds = error.retryAfterSeconds ?? 1;
    expect(seconds).toBe(Math.max(1, Math.ceil(openForMs / 1000)));
    return error.message;
  }
}

function see(what: string): void {
  seen.set(what, (seen.get(what) ?? 0) + 1);
}

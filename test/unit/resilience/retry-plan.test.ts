import { describe, expect, test } from 'vitest';
import { ProxyError } from '#shared/errors/proxy-error.ts';
import type { RetryPolicy } from '#shared/table/resilience.ts';
import type { Breaker } from '../../../proxy/resilience/call-resilience.ts';
import { RetryBudget } from '../../../proxy/resilience/retry-budget.ts';
import { RetryPlan, type RetryPlanOptions } from '../../../proxy/resilience/retry-plan.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { retryPolicy } from '../../support/retry-policy.ts';

interface Stage {
  readonly plan: RetryPlan;
  readonly clock: ManualClock;
  readonly budget: RetryBudget;
  readonly forgone: string[];
  readonly draining: AbortController;
}

interface StageOptions extends Partial<RetryPlanOptions> {
  readonly policy?: Partial<RetryPolicy> | null;
  readonly openForMs?: number;
}

function stage({ policy = {}, openForMs, ...options }: StageOptions = {}): Stage {
  const clock = new ManualClock();
  const budget = new RetryBudget(clock);
  const forgone: string[] = [];
  const draining = new AbortController();
  const breaker: Breaker | null =
    openForMs === undefined ? null : { state: 'open', openForMs, admit: () => expect.unreachable() };
  const retry = policy === null ? null : retryPolicy(policy);
  const plan = new RetryPlan({
    startedAtMs: clock.monotonicMs(),
    resilience: { policies: { timeout: null, retry, breaker: null }, breaker, budget },
    request: { method: 'GET', isIdempotent: true },
    canReplay: () => true,
    draining: draining.signal,
    clock,
    random: () => 0.5,
    onForgone: (reason) => forgone.push(reason),
    ...options,
  });
  return { plan, clock, budget, forgone, draining };
}

const unavailable = { status: 503, retryAfter: null };
const refused = { error: new ProxyError('upstream-connect', 'x'), wasConnected: false };

describe('another try', () => {
  test('is granted as often as the policy says', () => {
    const { plan } = stage({ policy: { maxRetries: 2 } });
    expect([plan.afterAnswer(unavailable), plan.afterFailure(refused), plan.afterAnswer(unavailable)]).toEqual([
      1_000,
      1_000,
      null,
    ]);
  });

  test('is not granted without a policy, with none of them, or for an answer that is good enough', () => {
    expect(stage({ policy: null }).plan.afterAnswer(unavailable)).toBeNull();
    expect(stage({ policy: { maxRetries: 0 } }).plan.afterAnswer(unavailable)).toBeNull();
    expect(stage().plan.afterAnswer({ status: 404, retryAfter: '1' })).toBeNull();
  });

  test('is granted without end when nothing limits it', () => {
    const { plan, clock } = stage({ policy: { maxRetries: -1, maxElapsedMs: 0 } });
    for (let count = 0; count < 1_000; count += 1) {
      expect(plan.afterAnswer(unavailable)).toBe(1_000);
      clock.advance(1_000);
    }
  });

  test('never begins later than the longest time after the first', () => {
    const { plan, clock } = stage({ policy: { maxRetries: -1, maxElapsedMs: 5_000 } });
    clock.advance(4_000);
    expect(plan.afterAnswer(unavailable)).toBe(1_000);
    clock.advance(1);
    expect(plan.afterAnswer(unavailable)).toBeNull();
  });

  test('waits as long as the upstream asks for, and never less than the policy says', () => {
    const { plan } = stage();
    expect(plan.afterAnswer({ status: 503, retryAfter: '7' })).toBe(7_000);
    expect(plan.afterAnswer({ status: 503, retryAfter: '0' })).toBe(1_000);
    expect(plan.afterAnswer({ status: 503, retryAfter: 'soon' })).toBe(1_000);
  });

  test('is given up when the upstream asks for more than the longest interval', () => {
    const { plan, forgone } = stage({ policy: { maxIntervalMs: 5_000 } });
    expect(plan.afterAnswer({ status: 429, retryAfter: '5' })).toBe(5_000);
    expect(plan.afterAnswer({ status: 429, retryAfter: '6' })).toBeNull();
    expect(forgone).toEqual(['retry-after']);
  });

  test('is given up when the body is gone', () => {
    const { plan, forgone } = stage({ canReplay: () => false });
    expect(plan.afterFailure(refused)).toBeNull();
    expect(forgone).toEqual(['body-not-kept']);
  });

  test('is given up when the budget is spent, which only granted ones charge', () => {
    const { plan, budget, forgone } = stage({ policy: { maxRetries: -1 } });
    for (let count = 0; count < 99; count += 1) budget.tryTake();
    expect(plan.afterAnswer({ status: 503, retryAfter: '3600' })).toBeNull();
    expect(plan.afterAnswer({ status: 200, retryAfter: null })).toBeNull();
    expect(plan.afterAnswer(unavailable)).toBe(1_000);
    expect(plan.afterAnswer(unavailable)).toBeNull();
    expect(forgone).toEqual(['retry-after', 'budget']);
  });

  test('is given up for a method that is not sent twice, where it would have been made for another', () => {
    const request = { method: 'POST', isIdempotent: false };
    const reset = { error: new ProxyError('upstream-reset', 'x'), wasConnected: true };
    const { plan, forgone } = stage({ request, policy: { maxRetries: 2 } });
    expect([plan.afterAnswer({ status: 503, retryAfter: '3600' }), plan.afterFailure(reset)]).toEqual([null, null]);
    expect(forgone).toEqual(['method', 'method']);
    plan.afterAnswer({ status: 404, retryAfter: null });
    plan.afterFailure({ ...reset, error: new ProxyError('upstream-tls', 'x') });
    expect([plan.afterFailure(refused), plan.afterAnswer({ status: 429, retryAfter: null })]).toEqual([1_000, 1_000]);
    plan.afterAnswer(unavailable);
    expect(forgone).toEqual(['method', 'method']);
  });

  test('is not granted when the breaker will still be open by then', () => {
    expect(stage({ openForMs: 1_001 }).plan.afterAnswer(unavailable)).toBeNull();
    expect(stage({ openForMs: 1_000 }).plan.afterAnswer(unavailable)).toBe(1_000);
  });

  test('is not granted by a proxy that goes down', () => {
    const { plan, draining } = stage();
    draining.abort();
    expect(plan.afterAnswer(unavailable)).toBeNull();
  });
});

test('a failure inside an answer is told as a retry that could not be made', () => {
  const { plan, forgone } = stage();
  plan.noteFailedAnswer({ error: new ProxyError('caller-left', 'x'), wasConnected: true });
  expect(forgone).toEqual([]);
  plan.noteFailedAnswer({ error: new ProxyError('upstream-reset', 'x'), wasConnected: true });
  expect(forgone).toEqual(['answer-begun']);
});

import { expect, test, vi, type Mock } from 'vitest';
import { ProxyError } from '#shared/errors/proxy-error.ts';
import { noPolicies } from '#shared/table/resilience.ts';
import type { Admission, Breaker } from '../../../proxy/resilience/call-resilience.ts';
import { RetryBudget } from '../../../proxy/resilience/retry-budget.ts';
import { runTries, type GuardedCall } from '../../../proxy/resilience/run-tries.ts';
import { TryGate, type TryParts } from '../../../proxy/resilience/try-gate.ts';
import { ConcurrencyLimiter } from '../../../proxy/policy/concurrency-limiter.ts';
import type { AnswerGate, CallResult } from '../../../proxy/upstream/answer-handler.ts';
import { noTelemetry } from '../../../proxy/telemetry/no-telemetry.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { retryPolicy } from '../../support/retry-policy.ts';

const nothing = (): void => undefined;
const pass: Admission = { isProbe: false, succeeded: nothing, failed: nothing, ignored: nothing };
const closed: Breaker = { state: 'closed', openForMs: 0, admit: () => pass };
const open: Breaker = {
  state: 'open',
  openForMs: 1_000,
  admit: () => {
    throw new ProxyError('breaker-open', 'circuit breaker is open');
  },
};
const reset = new ProxyError('upstream-reset', 'x');
const failed: CallResult = { status: 0, roundtripMs: 1, receivedBytes: 0, error: reset, wasConnected: true };

interface Stage {
  readonly call: GuardedCall;
  readonly clock: ManualClock;
  readonly noteCall: Mock<() => void>;
  readonly sent: () => number;
}

/** A call whose every try fails: what it reads of an exchange and of the context is here. */
function stage(breaker: Breaker): Stage {
  const clock = new ManualClock();
  const budget = new RetryBudget(clock);
  const noteCall = vi.spyOn(budget, 'noteCall');
  let sent = 0;
  const call = {
    resilience: {
      policies: { ...noPolicies, retry: retryPolicy({ maxRetries: 2, initialIntervalMs: 0 }) },
      breaker,
      budget,
    },
    exchange: { departure: new AbortController().signal, response: { isHeadSent: false } },
    context: {
      clock: {
        monotonicMs: () => clock.monotonicMs(),
        epochMs: () => clock.epochMs(),
        after: (delayMs: number, run: () => void) => clock.after(delayMs, run),
        sleep: () => Promise.resolve(),
      },
      draining: new AbortController().signal,
      telemetry: noTelemetry,
      failureLog: { warn: nothing },
    },
    target: { kind: 'endpoint', label: 'up' },
    limiter: { isUnlimited: true },
    request: { method: 'GET', isIdempotent: true },
    body: null,
    send: () => {
      sent += 1;
      return Promise.resolve(failed);
    },
  } as unknown as GuardedCall;
  return { call, clock, noteCall, sent: () => sent };
}

test('a call counts into the budget of retries once, however often it is tried', async () => {
  const { call, noteCall, sent } = stage(closed);
  expect((await runTries(call)).error).toBe(reset);
  expect(sent()).toBe(3);
  expect(noteCall).toHaveBeenCalledTimes(1);
});

test('a call that its breaker stops does not: nothing went out', async () => {
  const { call, noteCall, sent } = stage(open);
  await expect(runTries(call)).rejects.toMatchObject({ code: 'breaker-open' });
  expect(sent()).toBe(0);
  expect(noteCall).not.toHaveBeenCalled();
});

test('one that its breaker stops gives its slot back', async () => {
  const limiter = new ConcurrencyLimiter({ maxConcurrent: 1, maxQueued: 0 });
  const { call } = stage(open);
  for (let turn = 0; turn < 2; turn += 1)
    await expect(runTries({ ...call, limiter })).rejects.toMatchObject({ code: 'breaker-open' });
});

test('what the wait for a slot took is taken off the time for an answer', async () => {
  const limiter = new ConcurrencyLimiter({ maxConcurrent: 1, maxQueued: 1 });
  const { call, clock } = stage(closed);
  const gates: AnswerGate[] = [];
  const send: GuardedCall['send'] = (_body, gate) => {
    gates.push(gate);
    return Promise.resolve({ ...failed, status: 200, error: null });
  };
  const policies = { ...noPolicies, timeout: { resource: 'r', name: 't', timeoutMs: 1_000 } };
  await limiter.acquire(call.exchange.departure);
  const result = runTries({ ...call, limiter, send, resilience: { ...call.resilience, policies } });
  clock.advance(400);
  limiter.release();
  expect((await result).status).toBe(200);
  expect(gates.map(({ deadline }) => deadline?.afterMs)).toEqual([600]);
});

test('a try asks its breaker once it is sent, not when it is made', async () => {
  const { call, noteCall } = stage(open);
  const parts = { replay: null, noteSent: noteCall } as unknown as TryParts;
  const gate = new TryGate(call, parts, 0);
  await expect(gate.send()).rejects.toMatchObject({ code: 'breaker-open' });
  expect(noteCall).not.toHaveBeenCalled();
});

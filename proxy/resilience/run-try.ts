/** One try of a call: its slot, its breaker, its limit of time, and what becomes of its answer. */
import type { TimeoutPolicy } from '#shared/table/resilience.ts';
import type { CallResult, HeadDeadline } from '../upstream/answer-handler.ts';
import type { ReplayBody } from '../upstream/replay-body.ts';
import type { UpstreamBody } from '../upstream/upstream-body.ts';
import type { RetryPlan } from './retry-plan.ts';
import type { GuardedCall } from './run-tries.ts';
import { slowAnswer, slowCaller, slowSlot } from './time-limit.ts';
import type { TryReport } from './try-report.ts';
import { TryVerdict } from './try-verdict.ts';

export interface TryParts {
  readonly plan: RetryPlan;
  /** Null where there is no body, or no policy that would send it again. */
  readonly replay: ReplayBody | null;
  readonly report: TryReport;
  /** A try goes out. */
  noteSent(): void;
}

export interface TryEnd {
  readonly result: CallResult;
  /** Null: this was the last one, and its answer is on its way to the caller. */
  readonly retryInMs: number | null;
}

/** Rejects with ProxyError when the try is not let through. */
export function runTry(call: GuardedCall, parts: TryParts): Promise<TryEnd> {
  const { limiter, context } = call;
  const startedAtMs = context.clock.monotonicMs();
  return limiter.isUnlimited ? sendTry(call, parts, startedAtMs) : tryInSlot(call, parts, startedAtMs);
}

async function tryInSlot(call: GuardedCall, parts: TryParts, startedAtMs: number): Promise<TryEnd> {
  const { limiter } = call;
  const late = await awaitSlot(call, parts);
  if (late !== null) return late;
  try {
    return await sendTry(call, parts, startedAtMs);
  } finally {
    // Not held while the call waits for its next try.
    limiter.release();
  }
}

async function sendTry(call: GuardedCall, parts: TryParts, startedAtMs: number): Promise<TryEnd> {
  const { resilience, context, exchange, send } = call;
  const { replay } = parts;
  const { timeout } = resilience.policies;
  const { clock } = context;
  const verdict = new TryVerdict(resilience.breaker?.admit() ?? null, clock);
  parts.noteSent();
  const body = replay?.open() ?? call.body;
  const leftMs = (timeout?.timeoutMs ?? 0) - (clock.monotonicMs() - startedAtMs);
  let retryInMs: number | null = null;
  const result = await send(body, {
    deadline: timeout === null ? null : deadlineOf(timeout, { leftMs, body, parts }),
    admits: (head) => {
      verdict.answered(head.status);
      if (head.status >= 400) retryInMs = parts.plan.afterAnswer(head);
      if (retryInMs === null) replay?.forget();
      return retryInMs === null;
    },
  });
  verdict.ended(result);
  const { error, wasConnected } = result;
  if (error === null) return { result, retryInMs };
  if (exchange.response.isHeadSent) parts.plan.noteFailedAnswer({ error, wasConnected });
  else retryInMs = parts.plan.afterFailure({ error, wasConnected });
  return { result, retryInMs };
}

interface DeadlineParts {
  readonly leftMs: number;
  readonly body: UpstreamBody | null;
  readonly parts: TryParts;
}

function deadlineOf(timeout: TimeoutPolicy, { leftMs, body, parts }: DeadlineParts): HeadDeadline {
  return {
    afterMs: Math.max(0, leftMs),
    error: () => {
      parts.report.timedOut();
      return body?.isWaiting === true ? slowCaller(timeout) : slowAnswer(timeout);
    },
  };
}

/** The wait for a slot counts as part of the try. Resolves with the end of the try when it took too long. */
async function awaitSlot(call: GuardedCall, { plan, report }: TryParts): Promise<TryEnd | null> {
  const { resilience, context, exchange, limiter } = call;
  const { timeout } = resilience.policies;
  if (timeout === null) {
    await limiter.acquire(exchange.departure);
    return null;
  }
  const lateness = new AbortController();
  const error = slowSlot(timeout);
  const timer = context.clock.after(timeout.timeoutMs, () => lateness.abort(error));
  try {
    await limiter.acquire(AbortSignal.any([exchange.departure, lateness.signal]));
    return null;
  } catch (reason) {
    if (reason !== error) throw reason;
    report.timedOut();
    const result = { status: 0, roundtripMs: timeout.timeoutMs, receivedBytes: 0, error, wasConnected: false };
    return { result, retryInMs: plan.afterFailure(result) };
  } finally {
    timer.cancel();
  }
}

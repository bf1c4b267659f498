/** A call with policies: retry( breaker( timeout( try ) ) ), each try an event of its own for the breaker (spec/resiliency.md §7). */
import type { Exchange } from '../pipeline/exchange.ts';
import type { ProxyContext } from '../pipeline/proxy-context.ts';
import type { ConcurrencyLimiter } from '../policy/concurrency-limiter.ts';
import type { CallTarget } from '../telemetry/telemetry.ts';
import type { AnswerGate, CallResult } from '../upstream/answer-handler.ts';
import { ReplayBody } from '../upstream/replay-body.ts';
import type { RequestBody } from '../upstream/request-body.ts';
import type { UpstreamBody } from '../upstream/upstream-body.ts';
import type { CallResilience } from './call-resilience.ts';
import { RetryPlan } from './retry-plan.ts';
import type { RetriedRequest } from './retry-rules.ts';
import { runTry } from './run-try.ts';
import type { TryParts } from './try-gate.ts';
import { TryReport } from './try-report.ts';

export interface GuardedCall {
  readonly resilience: CallResilience;
  readonly exchange: Exchange;
  readonly context: ProxyContext;
  readonly target: CallTarget;
  readonly limiter: ConcurrencyLimiter;
  readonly request: RetriedRequest;
  /** Of the caller. */
  readonly body: RequestBody | null;
  /** Sends the call once; never rejects. */
  readonly send: (body: UpstreamBody | null, gate: AnswerGate) => Promise<CallResult>;
}

/** Resolves as the last try ended. Rejects with ProxyError when a try is not let through: `breaker-open`, `overloaded`. */
export async function runTries(call: GuardedCall): Promise<CallResult> {
  const { exchange, context } = call;
  const { policies } = call.resilience;
  const { clock, draining } = context;
  const { body } = call;
  const replay = policies.retry === null || body === null ? null : new ReplayBody(body, context.retryBuffer);
  const tries = new Tries(call, replay);
  let isTold = false;
  try {
    for (;;) {
      const { result, retryInMs } = await runTry(call, tries);
      if (retryInMs === null) {
        if (isTold && result.error === null && !tries.plan.isRetriedStatus(result.status)) tries.report.succeeded();
        return result;
      }
      isTold = true;
      tries.report.waits(result, retryInMs);
      const isOver = AbortSignal.any([exchange.departure, ...(replay === null ? [] : [replay.failed])]);
      // A proxy that goes down makes its last try at once.
      await clock.sleep(retryInMs, AbortSignal.any([isOver, draining]));
      isOver.throwIfAborted();
      tries.report.retried();
    }
  } finally {
    replay?.destroy();
  }
}

/** What the tries of a call share. Most calls are good at once and need neither plan nor report: they are made when asked for. */
class Tries implements TryParts {
  readonly replay: ReplayBody | null;
  readonly #call: GuardedCall;
  readonly #startedAtMs: number;
  #plan: RetryPlan | null = null;
  #report: TryReport | null = null;
  #isSent = false;

  constructor(call: GuardedCall, replay: ReplayBody | null) {
    this.#call = call;
    this.replay = replay;
    this.#startedAtMs = call.context.clock.monotonicMs();
  }

  /** Retries are a share of the calls that went out: one that its breaker stops, or that gets no slot, is none. */
  noteSent(): void {
    if (this.#isSent) return;
    this.#isSent = true;
    this.#call.resilience.budget?.noteCall();
  }

  get plan(): RetryPlan {
    const { resilience, request, context } = this.#call;
    this.#plan ??= new RetryPlan({
      resilience,
      request,
      startedAtMs: this.#startedAtMs,
      canReplay: () => this.replay?.isKept ?? true,
      draining: context.draining,
      clock: context.clock,
      random: Math.random,
      onForgone: (reason) => this.report.forgone(reason),
    });
    return this.#plan;
  }

  get report(): TryReport {
    const { target, request, resilience, context } = this.#call;
    const { telemetry, failureLog } = context;
    const { policies } = resilience;
    this.#report ??= new TryReport({ target, method: request.method, policies, telemetry, log: failureLog });
    return this.#report;
  }
}

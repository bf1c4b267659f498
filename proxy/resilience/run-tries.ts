/** A call with policies: retry( breaker( timeout( try ) ) ), each try an event of its own for the breaker (spec/resiliency.md §7). */
import type { Exchange } from '../pipeline/exchange.ts';
import type { ProxyContext } from '../pipeline/proxy-context.ts';
import type { ConcurrencyLimiter } from '../policy/concurrency-limiter.ts';
import type { CallTarget } from '../telemetry/telemetry.ts';
import type { AnswerGate, CallResult } from '../upstream/answer-handler.ts';
import type { RequestBody } from '../upstream/request-body.ts';
import type { UpstreamBody } from '../upstream/upstream-body.ts';
import type { CallResilience } from './call-resilience.ts';
import { ReplayBody } from './replay-body.ts';
import { RetryPlan } from './retry-plan.ts';
import type { RetriedRequest } from './retry-rules.ts';
import { runTry } from './run-try.ts';
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
  const { resilience, exchange, context, target, request, body } = call;
  const { policies, budget } = resilience;
  const { telemetry, clock, draining } = context;
  const { method } = request;
  const report = new TryReport({ target, method, policies, telemetry, log: context.failureLog });
  const replay = policies.retry === null || body === null ? null : new ReplayBody(body, context.replayRoom);
  const plan = new RetryPlan({
    resilience,
    request,
    canReplay: () => replay?.isKept ?? true,
    draining,
    clock,
    random: Math.random,
    onForgone: (reason) => report.forgone(reason),
  });
  budget?.noteCall();
  try {
    for (;;) {
      const { result, retryInMs } = await runTry(call, { plan, replay, report });
      if (retryInMs === null) {
        if (result.error === null && !plan.isRetriedStatus(result.status)) report.succeeded();
        return result;
      }
      report.waits(result, retryInMs);
      const isOver = AbortSignal.any([exchange.departure, ...(replay === null ? [] : [replay.failed])]);
      // A proxy that goes down makes its last try at once.
      await clock.sleep(retryInMs, AbortSignal.any([isOver, draining]));
      isOver.throwIfAborted();
      report.retried();
    }
  } finally {
    replay?.destroy();
  }
}

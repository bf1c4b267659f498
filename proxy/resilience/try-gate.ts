/** What policies say of one try: whether it goes out, how long its answer may take, and whether that is the one. */
import type { ProxyError } from '#shared/errors/proxy-error.ts';
import type { AnswerGate, CallResult, HeadDeadline } from '../upstream/answer-handler.ts';
import type { ReplayBody } from '../upstream/replay-body.ts';
import { fieldValue, type ReceivedHeaders } from '../upstream/response-headers.ts';
import type { UpstreamBody } from '../upstream/upstream-body.ts';
import type { RetryPlan } from './retry-plan.ts';
import type { GuardedCall } from './run-tries.ts';
import { slowAnswer, slowCaller } from './time-limit.ts';
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

/** Every guarded call makes one: it is small. */
export class TryGate implements AnswerGate, HeadDeadline {
  /** Nothing without a timeout policy. */
  readonly afterMs: number;
  readonly #call: GuardedCall;
  readonly #parts: TryParts;
  /** Null until it is sent. */
  #verdict: TryVerdict | null = null;
  #body: UpstreamBody | null = null;
  #retryInMs: number | null = null;

  /** `leftMs`: of the timeout policy, when there is one. */
  constructor(call: GuardedCall, parts: TryParts, leftMs: number) {
    this.afterMs = Math.max(0, leftMs);
    this.#call = call;
    this.#parts = parts;
  }

  get deadline(): HeadDeadline | null {
    return this.#call.resilience.policies.timeout === null ? null : this;
  }

  /** Rejects with ProxyError `breaker-open`, and with nothing else. */
  async send(): Promise<TryEnd> {
    const { resilience, context } = this.#call;
    this.#verdict = new TryVerdict(resilience.breaker?.admit() ?? null, context.clock);
    this.#parts.noteSent();
    this.#body = this.#parts.replay?.open() ?? this.#call.body;
    const result = await this.#call.send(this.#body, this);
    this.#verdict.ended(result);
    if (result.error !== null) this.#failed(result.error, result.wasConnected);
    return { result, retryInMs: this.#retryInMs };
  }

  admits(status: number, received: ReceivedHeaders): boolean {
    this.#verdict?.answered(status);
    // Most answers are good, and need no plan.
    if (status >= 400)
      this.#retryInMs = this.#parts.plan.afterAnswer({ status, retryAfter: fieldValue(received, 'retry-after') });
    if (this.#retryInMs === null) this.#parts.replay?.forget();
    return this.#retryInMs === null;
  }

  /** Of the try whose time is over. */
  error(): ProxyError {
    const { timeout } = this.#call.resilience.policies;
    if (timeout === null) throw new Error('a try without a timeout policy has no deadline');
    this.#parts.report.timedOut();
    return this.#body?.isWaiting === true ? slowCaller(timeout) : slowAnswer(timeout);
  }

  #failed(error: ProxyError, wasConnected: boolean): void {
    const { plan } = this.#parts;
    if (this.#call.exchange.response.isHeadSent) plan.noteFailedAnswer({ error, wasConnected });
    else this.#retryInMs = plan.afterFailure({ error, wasConnected });
  }
}

/** The retries of one call: whether another try is made, and after how long. */
import type { Clock } from '#shared/clock/clock.ts';
import { msFromRetryAfter } from '#shared/clock/retry-after.ts';
import type { ProxyError } from '#shared/errors/proxy-error.ts';
import type { RetryForgoneReason } from '../telemetry/telemetry.ts';
import type { CallResilience } from './call-resilience.ts';
import { retryDelayMs } from './retry-delay.ts';
import { isRetriedFailure, isRetriedStatus, type RetriedRequest } from './retry-rules.ts';

export interface RetryPlanOptions {
  readonly resilience: CallResilience;
  readonly request: RetriedRequest;
  /** When the first try began, by the clock's monotonic time. */
  readonly startedAtMs: number;
  /** Whether the body, if there is one, can be sent again. */
  readonly canReplay: () => boolean;
  /** Aborted when the proxy goes down: what is in hand is passed on then. */
  readonly draining: AbortSignal;
  readonly clock: Clock;
  /** From 0 to below 1. */
  readonly random: () => number;
  readonly onForgone: (reason: RetryForgoneReason) => void;
}

/** What decides whether an answer is wanted. */
export interface AnswerHead {
  readonly status: number;
  /** The field, null without one. */
  readonly retryAfter: string | null;
}

/** A try that failed before its answer began. */
export interface FailedTry {
  readonly error: ProxyError;
  readonly wasConnected: boolean;
}

/** Any request that may be served twice. */
const repeatable: RetriedRequest = { method: '', isIdempotent: true };

export class RetryPlan {
  readonly #options: RetryPlanOptions;
  #retries = 0;

  constructor(options: RetryPlanOptions) {
    this.#options = options;
  }

  /** Whether an answer is one that the policy wants tried again, retries left or not. */
  isRetriedStatus(status: number): boolean {
    return this.#isRetriedStatus(status, this.#options.request);
  }

  /** Milliseconds until the next try, which is granted by this; null: the answer is passed on. */
  afterAnswer({ status, retryAfter }: AnswerHead): number | null {
    if (!this.#isRetriedStatus(status, repeatable)) return null;
    if (!this.isRetriedStatus(status)) return this.#forgoForMethod();
    return this.#grant(retryAfter === null ? 0 : (msFromRetryAfter(retryAfter, this.#options.clock.epochMs()) ?? 0));
  }

  /** The same for a failure. */
  afterFailure(failed: FailedTry): number | null {
    if (!this.#isRetriedFailure(failed, repeatable)) return null;
    return this.#isRetriedFailure(failed, this.#options.request) ? this.#grant(0) : this.#forgoForMethod();
  }

  /** A failure inside an answer that the caller has a part of. */
  noteFailedAnswer(failed: FailedTry): void {
    if (this.#isRetriedFailure(failed, this.#options.request)) this.#options.onForgone('answer-begun');
  }

  #isRetriedStatus(status: number, request: RetriedRequest): boolean {
    const { retry } = this.#options.resilience.policies;
    return retry !== null && isRetriedStatus(retry, request, status);
  }

  #isRetriedFailure(failed: FailedTry, request: RetriedRequest): boolean {
    const { retry } = this.#options.resilience.policies;
    return retry !== null && isRetriedFailure(retry, request, failed);
  }

  /** What costs the target nothing is asked first: the budget is charged for retries that are made. */
  #grant(atLeastMs: number): number | null {
    const { resilience, startedAtMs, canReplay, clock, random } = this.#options;
    const { retry } = resilience.policies;
    if (retry === null || !this.#hasTriesLeft) return null;
    if (atLeastMs > retry.maxIntervalMs) return this.#forgo('retry-after');
    const delayMs = Math.max(retryDelayMs(retry, this.#retries + 1, random), atLeastMs);
    const elapsedMs = clock.monotonicMs() - startedAtMs;
    if (retry.maxElapsedMs > 0 && elapsedMs + delayMs > retry.maxElapsedMs) return null;
    if ((resilience.breaker?.openForMs ?? 0) > delayMs) return null;
    if (!canReplay()) return this.#forgo('body-not-kept');
    if (resilience.budget?.tryTake() === false) return this.#forgo('budget');
    this.#retries += 1;
    return delayMs;
  }

  get #hasTriesLeft(): boolean {
    const { resilience, draining } = this.#options;
    return !draining.aborted && this.#retries !== resilience.policies.retry?.maxRetries;
  }

  #forgoForMethod(): null {
    return this.#hasTriesLeft ? this.#forgo('method') : null;
  }

  #forgo(reason: RetryForgoneReason): null {
    this.#options.onForgone(reason);
    return null;
  }
}

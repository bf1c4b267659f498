/** What the tries of one call leave behind in logs and metrics: little, however many there are. */
import type { PolicyOrigin, TargetPolicies } from '#shared/table/resilience.ts';
import type { LogLimiter } from '../pipeline/log-limiter.ts';
import type { CallTarget, RetryForgoneReason, Telemetry } from '../telemetry/telemetry.ts';
import type { CallResult } from '../upstream/answer-handler.ts';

export interface TryReportOptions {
  readonly target: CallTarget;
  readonly method: string;
  readonly policies: TargetPolicies;
  readonly telemetry: Telemetry;
  readonly log: LogLimiter;
}

export class TryReport {
  readonly #options: TryReportOptions;
  #retries = 0;
  #hasTimedOut = false;

  constructor(options: TryReportOptions) {
    this.#options = options;
  }

  /** The timeout ended a try. */
  timedOut(): void {
    if (!this.#hasTimedOut) this.#activated('timeout', this.#options.policies.timeout);
    this.#hasTimedOut = true;
  }

  /** A retry is decided. Only the first one of a call is told to the log. */
  waits(result: CallResult, delayMs: number): void {
    const { policies, log } = this.#options;
    this.#retries += 1;
    if (this.#retries > 1) return;
    this.#activated('retry', policies.retry);
    log.warn('a call is tried again', {
      ...this.#fields(),
      ...(result.error === null
        ? { status: result.status }
        : { code: result.error.code, reason: result.error.message }),
      delayMs: Math.round(delayMs),
    });
  }

  /** The retry begins. */
  retried(): void {
    this.#options.telemetry.retried(this.#options.target);
  }

  forgone(reason: RetryForgoneReason): void {
    this.#options.telemetry.retryForgone(this.#options.target, reason);
  }

  /** The last try of a call that was tried again has brought an answer that needs no other one. */
  succeeded(): void {
    this.#options.log.info('a call went well in the end', { ...this.#fields(), tries: this.#retries + 1 });
  }

  #activated(part: 'timeout' | 'retry', policy: PolicyOrigin | null): void {
    const { target, telemetry } = this.#options;
    if (policy !== null) telemetry.policyActivated({ target, part, policy, status: '' });
  }

  #fields(): { readonly [name: string]: unknown } {
    const { target, method, policies } = this.#options;
    const { kind, label } = target;
    return { kind, target: label, method, resiliency: policies.retry?.resource, policy: policies.retry?.name };
  }
}

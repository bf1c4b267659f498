/** A rate with a burst: each piece of work takes one token, and tokens come back steadily. */
import type { Clock } from '#shared/clock/clock.ts';

export interface TokenBucketOptions {
  readonly clock: Clock;
  readonly perSecond: number;
  readonly burst: number;
}

export class TokenBucket {
  readonly #options: TokenBucketOptions;
  #tokens: number;
  #filledAtMs: number;

  constructor(options: TokenBucketOptions) {
    this.#options = options;
    this.#tokens = options.burst;
    this.#filledAtMs = options.clock.monotonicMs();
  }

  /** Takes a token if there is one. */
  take(): boolean {
    const { clock, perSecond, burst } = this.#options;
    const nowMs = clock.monotonicMs();
    this.#tokens = Math.min(burst, this.#tokens + ((nowMs - this.#filledAtMs) / 1000) * perSecond);
    this.#filledAtMs = nowMs;
    if (this.#tokens < 1) return false;
    this.#tokens -= 1;
    return true;
  }

  /** Resolves when a token was taken, or the signal is aborted. */
  async wait(signal: AbortSignal): Promise<void> {
    const { clock, perSecond } = this.#options;
    while (!this.take() && !signal.aborted) await clock.sleep(1_000 / perSecond, signal);
  }
}

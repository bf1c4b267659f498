/** How long to wait after failures in a row: exponential with full jitter. Pure apart from the count that it keeps. */
import { growingDelayMs, type Growth } from '#shared/clock/growing-delay.ts';

export interface BackoffOptions extends Growth {
  /** In [0, 1). */
  readonly random: () => number;
}

export interface Failure {
  /** What Retry-After asked for; 0: nothing. */
  readonly retryAfterMs: number;
  /** How long it had worked before it failed; 0: not at all. What works for seconds is not left alone for longer than that. */
  readonly workedMs: number;
}

export class Backoff {
  readonly #options: BackoffOptions;
  #failures = 0;

  constructor(options: BackoffOptions) {
    this.#options = options;
  }

  /** In a row. */
  get failures(): number {
    return this.#failures;
  }

  /** Counts a failure and says how many milliseconds to wait: what Retry-After asks for, and a random part on top. */
  failed({ retryAfterMs, workedMs }: Failure): number {
    const { firstMs, random } = this.#options;
    this.#failures += 1;
    const grownMs = growingDelayMs(this.#options, this.#failures);
    const ceilingMs = workedMs > 0 ? Math.min(grownMs, Math.max(firstMs, workedMs)) : grownMs;
    return retryAfterMs + random() * ceilingMs;
  }

  /** It has worked long enough to trust it again. */
  reset(): void {
    this.#failures = 0;
  }
}

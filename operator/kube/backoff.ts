/** How long to wait after failures in a row: exponential with full jitter. Pure apart from the count that it keeps. */

export interface BackoffOptions {
  readonly firstMs: number;
  readonly longestMs: number;
  /** In [0, 1). */
  readonly random: () => number;
}

export interface Failure {
  /** What Retry-After asked for; 0: nothing. */
  readonly retryAfterMs: number;
  /** How long it had worked before it failed; 0: not at all. What works for seconds is not left alone for longer than that. */
  readonly workedMs: number;
}

/** Longer than any server means when it asks for patience. */
const longestRetryAfterMs = 5 * 60_000;

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
    const { firstMs, longestMs, random } = this.#options;
    const exponentialMs = Math.min(longestMs, firstMs * 2 ** Math.min(this.#failures, 30));
    this.#failures += 1;
    const ceilingMs = workedMs > 0 ? Math.min(exponentialMs, Math.max(firstMs, workedMs)) : exponentialMs;
    return Math.min(retryAfterMs, longestRetryAfterMs) + random() * ceilingMs;
  }

  /** It has worked long enough to trust it again. */
  reset(): void {
    this.#failures = 0;
  }
}

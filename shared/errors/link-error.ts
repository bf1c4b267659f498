/** The other side of a link (API server, push channel) failed: transient ends in backoff, fatal in exit 1. */

export interface LinkErrorOptions {
  readonly kind: 'transient' | 'fatal';
  /** Status of the answer; 0 when none came. */
  readonly status: number;
  /** What Retry-After asked for, however long; 0 when it did not. */
  readonly retryAfterMs: number;
  readonly cause?: unknown;
}

/** Longer than any server means when it asks for patience. */
const longestRetryAfterMs = 5 * 60_000;

/** A failed exchange. The message says with whom and what; it never holds a body, a token or a secret. */
export class LinkError extends Error {
  readonly kind: 'transient' | 'fatal';
  readonly status: number;
  /** What Retry-After asked for, up to five minutes; 0 when it did not. */
  readonly retryAfterMs: number;

  constructor(message: string, { kind, status, retryAfterMs, cause }: LinkErrorOptions) {
    super(message, { cause });
    this.name = 'LinkError';
    this.kind = kind;
    this.status = status;
    this.retryAfterMs = Math.min(retryAfterMs, longestRetryAfterMs);
  }
}

/** The other side of a link (API server, push channel) failed: transient ends in backoff, fatal in exit 1. */

export interface LinkErrorOptions {
  readonly kind: 'transient' | 'fatal';
  /** Status of the answer; 0 when none came. */
  readonly status: number;
  /** What Retry-After asked for; 0 when it did not. */
  readonly retryAfterMs: number;
  readonly cause?: unknown;
}

/** A failed exchange. The message says with whom and what; it never holds a body, a token or a secret. */
export class LinkError extends Error {
  readonly kind: 'transient' | 'fatal';
  readonly status: number;
  readonly retryAfterMs: number;

  constructor(message: string, { kind, status, retryAfterMs, cause }: LinkErrorOptions) {
    super(message, { cause });
    this.name = 'LinkError';
    this.kind = kind;
    this.status = status;
    this.retryAfterMs = retryAfterMs;
  }
}

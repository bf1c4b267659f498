/** This request cannot be served: thrown where it happens, turned into a reply in proxy/reply only. */

/** Every reason for which the proxy itself answers a call. */
export type ProxyErrorCode =
  | 'bad-request'
  | 'target-missing'
  | 'target-invalid'
  | 'target-unknown'
  | 'api-not-allowed'
  | 'token-invalid'
  | 'url-denied'
  | 'body-too-large'
  | 'body-timeout'
  | 'caller-left'
  | 'method-not-implemented'
  | 'loop-detected'
  | 'not-ready'
  | 'overloaded'
  | 'endpoint-refused'
  | 'app-not-configured'
  | 'app-unhealthy'
  | 'app-protocol-unsupported'
  | 'breaker-open'
  | 'middleware-unavailable'
  | 'middleware-failed'
  | 'upstream-connect'
  | 'upstream-tls'
  | 'upstream-protocol'
  | 'upstream-headers-too-large'
  | 'upstream-reset'
  | 'upstream-timeout'
  | 'internal';

export interface ProxyErrorOptions {
  readonly cause?: unknown;
  /** For Retry-After, where it is known when another try may succeed; the code has a default. */
  readonly retryAfterSeconds?: number;
}

/** A coded failure of one request. The message is safe to show to the caller; `cause` is for the log. */
export class ProxyError extends Error {
  readonly code: ProxyErrorCode;
  readonly retryAfterSeconds: number | null;

  constructor(code: ProxyErrorCode, message: string, options: ProxyErrorOptions = {}) {
    super(message, 'cause' in options ? { cause: options.cause } : {});
    this.name = 'ProxyError';
    this.code = code;
    this.retryAfterSeconds = options.retryAfterSeconds ?? null;
  }
}

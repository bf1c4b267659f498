/** The one table from error codes to replies: status, body and headers of every answer that the proxy itself makes. */
import type { ProxyError, ProxyErrorCode } from '#shared/errors/proxy-error.ts';
import { withoutUserInfo } from '../telemetry/without-user-info.ts';
import type { Reply } from './reply.ts';

interface ReplyRule {
  readonly status: number;
  /** Dapr answers this case with 500 (spec/invocation.md §10); `--dapr-error-statuses` does so too. */
  readonly isDapr500: boolean;
  /** `invoke`: Dapr's sentence around the message. `message`: the message alone, in JSON. `text`: the message as plain text. */
  readonly body: 'invoke' | 'message' | 'text';
  /** Seconds for Retry-After where the error says nothing; 0: none. */
  readonly retryAfterSeconds: number;
}

const rule = (status: number, more: Partial<ReplyRule> = {}): ReplyRule => ({
  status,
  isDapr500: true,
  body: 'invoke',
  retryAfterSeconds: 0,
  ...more,
});

const rulesByCode = {
  'bad-request': rule(400),
  'target-missing': rule(404, { isDapr500: false, body: 'message' }),
  'target-invalid': rule(400),
  'target-unknown': rule(404),
  'api-not-allowed': rule(404, { isDapr500: false, body: 'text' }),
  'token-invalid': rule(401, { isDapr500: false, body: 'text' }),
  'url-denied': rule(403, { isDapr500: false }),
  'body-too-large': rule(413),
  'body-timeout': rule(408, { isDapr500: false }),
  // Nobody reads it; the number stands in the access log (nginx's convention).
  'caller-left': rule(499, { isDapr500: false }),
  'method-not-implemented': rule(501),
  'loop-detected': rule(508),
  'not-ready': rule(503, { body: 'message', retryAfterSeconds: 1 }),
  overloaded: rule(503, { isDapr500: false, retryAfterSeconds: 1 }),
  'endpoint-refused': rule(503),
  'app-not-configured': rule(503),
  'app-unhealthy': rule(503, { retryAfterSeconds: 1 }),
  'app-protocol-unsupported': rule(501),
  'breaker-open': rule(503, { retryAfterSeconds: 1 }),
  'middleware-unavailable': rule(503, { isDapr500: false, retryAfterSeconds: 1 }),
  'middleware-failed': rule(502),
  'upstream-connect': rule(502),
  'upstream-tls': rule(502),
  'upstream-protocol': rule(502),
  'upstream-headers-too-large': rule(502),
  'upstream-reset': rule(502),
  'upstream-timeout': rule(504),
  internal: rule(500),
} as const satisfies Record<ProxyErrorCode, ReplyRule>;

export interface ErrorReplyOptions {
  /** As the caller named it; `''` when no target was found yet. */
  readonly target: string;
  readonly daprErrorStatuses: boolean;
}

/** The reply that a failure ends in. */
export function errorReply(error: ProxyError, options: ErrorReplyOptions): Reply {
  const { status, isDapr500, body, retryAfterSeconds: defaultSeconds } = rulesByCode[error.code];
  const retryAfterSeconds = error.retryAfterSeconds ?? defaultSeconds;
  const retryAfter = retryAfterSeconds > 0 ? ['Retry-After', String(retryAfterSeconds)] : [];
  const head = { status: options.daprErrorStatuses && isDapr500 ? 500 : status, headers: retryAfter };
  if (body === 'text') return { ...head, contentType: 'text/plain; charset=utf-8', body: error.message };
  const message =
    body === 'message' || options.target === ''
      ? error.message
      : `failed to invoke, id: ${withoutUserInfo(options.target).replace('[redacted]@', '')}, err: ${error.message}`;
  return { ...head, contentType: 'application/json', body: errorBody('ERR_DIRECT_INVOKE', message) };
}

/** Dapr's error body, escaped as Go's encoding/json does. */
export function errorBody(errorCode: string, message: string): string {
  return JSON.stringify({ errorCode, message }).replace(/[<>&\u2028\u2029]/g, escapeAsGo);
}

function escapeAsGo(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
}

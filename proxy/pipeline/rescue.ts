/** The one place where a failure becomes an answer and a log line. */
import { ProxyError, type ProxyErrorCode } from '#shared/errors/proxy-error.ts';
import { errorReply } from '../reply/error-reply.ts';
import type { Reply } from '../reply/reply.ts';
import { sendReply } from '../reply/send-reply.ts';
import type { Exchange } from './exchange.ts';
import type { ProxyContext } from './proxy-context.ts';

/** What someone may have to look at; everything else is a caller's doing and logged at debug. */
const loggedCodes: ReadonlySet<ProxyErrorCode> = new Set([
  'app-unhealthy',
  'endpoint-refused',
  'loop-detected',
  'middleware-failed',
  'middleware-unavailable',
  'overloaded',
  'upstream-connect',
  'upstream-tls',
  'upstream-protocol',
  'upstream-headers-too-large',
  'upstream-reset',
  'upstream-timeout',
]);

/** Answers the caller, or cuts the connection when an answer has begun: a body is never left looking whole. */
export function rescue(error: unknown, exchange: Exchange, context: ProxyContext): void {
  const failure = noteFailure(error, exchange, context);
  const { response } = exchange;
  if (response.isClosed) return;
  if (response.isHeadSent) {
    exchange.isAborted = true;
    response.abort();
    return;
  }
  sendReply(exchange, failureReply(failure, exchange, context), context.clock);
}

/** The reply that a failure of this exchange ends in. */
export function failureReply(failure: ProxyError, { target }: Exchange, { settings }: ProxyContext): Reply {
  return errorReply(failure, { target, daprErrorStatuses: settings.daprErrorStatuses });
}

/** Keeps the failure for the record and logs it once. What is no ProxyError is a bug, and is shown to nobody. */
export function noteFailure(error: unknown, exchange: Exchange, context: ProxyContext): ProxyError {
  const failure =
    error instanceof ProxyError ? error : new ProxyError('internal', 'an internal error occurred', { cause: error });
  exchange.errorCode = failure.code;
  const fields = {
    code: failure.code,
    reason: failure.message,
    kind: exchange.callTarget?.kind,
    target: exchange.callTarget?.label,
    method: exchange.request.method,
    isAnswerBegun: exchange.response.isHeadSent,
  };
  if (failure.code === 'internal') context.logger.error('request failed', { ...fields, err: failure.cause });
  else if (loggedCodes.has(failure.code)) context.failureLog.warn('request failed', fields);
  else context.logger.debug('request refused', fields);
  return failure;
}

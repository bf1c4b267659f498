/** Whether a try that ended like this is worth another one (spec/resiliency.md §4 and §12). Pure. */
import type { ProxyError, ProxyErrorCode } from '#shared/errors/proxy-error.ts';
import type { RetryPolicy } from '#shared/table/resilience.ts';

/** A request, as far as trying it again goes. */
export interface RetriedRequest {
  readonly method: string;
  /** Whether the upstream may serve it twice without harm. */
  readonly isIdempotent: boolean;
}

/** Failures of the way to the upstream, which may go well the next time. */
const passingCodes: ReadonlySet<ProxyErrorCode> = new Set([
  'upstream-connect',
  'upstream-protocol',
  'upstream-reset',
  'upstream-timeout',
]);

/** 425 and 429 say that the request was not served. */
const unservedStatuses: ReadonlySet<number> = new Set([425, 429]);

/** Whether a failure before the head of an answer may be followed by another try. */
export function isRetriedFailure(
  policy: RetryPolicy,
  request: RetriedRequest,
  { error, wasConnected }: { readonly error: ProxyError; readonly wasConnected: boolean },
): boolean {
  if (!passingCodes.has(error.code) && !isBrokenHandshake(error)) return false;
  return !wasConnected || maySendTwice(policy, request);
}

/** Whether an answer of this status may be given up for another try. */
export function isRetriedStatus(policy: RetryPolicy, request: RetriedRequest, status: number): boolean {
  const { statusRanges } = policy;
  // Below 400 an answer is no failure, whatever `matching` lists (spec/resiliency.md §4).
  if (status < 400) return false;
  if (statusRanges !== null) return statusRanges.some(({ from, to }) => status >= from && status <= to);
  if (unservedStatuses.has(status)) return true;
  return (status === 408 || (status >= 500 && status <= 599)) && maySendTwice(policy, request);
}

function maySendTwice({ methods }: RetryPolicy, { method, isIdempotent }: RetriedRequest): boolean {
  return isIdempotent || methods?.includes(method) === true || methods?.includes('*') === true;
}

/** A connection that ended inside the TLS handshake; every other failure of TLS would be the same again. */
function isBrokenHandshake({ code, cause }: ProxyError): boolean {
  return code === 'upstream-tls' && cause instanceof Error && 'code' in cause && cause.code === 'ECONNRESET';
}

/** Whether a request that got no answer may be sent once more, on another connection, whatever the policies of its call. */
import { isIdempotent } from './is-idempotent.ts';
import { UpstreamBody } from './upstream-body.ts';
import type { UpstreamRequest } from './upstream-request.ts';

/**
 * After a kept connection broke. An upstream that has seen the request may have served it; one that waited for the first
 * byte of its body, or for its end, has not.
 */
export function isRepeatable({ method, headers, body }: UpstreamRequest): boolean {
  if (body === null) return isIdempotent(method, headers);
  if (!(body instanceof UpstreamBody) || !body.canReopen) return false;
  const isBegun = body.receivedBytes > 0 || body.readableEnded;
  return !isBegun || isIdempotent(method, headers);
}

/** After the upstream has refused it unseen: whether its body, if it has one, can be had from its beginning. */
export function isReplayable({ body }: UpstreamRequest): boolean {
  return body === null || (body instanceof UpstreamBody && body.canReopen);
}

/** The request as it goes over a kept connection: the body is kept while it is sent, where that makes it repeatable. */
export function withKeptBody(request: UpstreamRequest): UpstreamRequest {
  const { method, headers, body } = request;
  return body instanceof UpstreamBody && isIdempotent(method, headers) ? { ...request, body: body.keep() } : request;
}

/** Drops what `withKeptBody` keeps: the request that it was called with is not sent again. */
export function forgetBody({ body }: UpstreamRequest): void {
  if (body instanceof UpstreamBody) body.forget();
}

/** The body of a request that is sent once more. */
export function reopened({ body }: UpstreamRequest): UpstreamBody | null {
  return body instanceof UpstreamBody ? body.reopen() : null;
}

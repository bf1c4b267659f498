/** Takes a request through the pipelines: into the API, and out to the target. */
import type { Pipeline } from '../middleware/pipeline.ts';
import type { Reply } from '../reply/reply.ts';
import { sendReply } from '../reply/send-reply.ts';
import { checkPath } from '../target/check-path.ts';
import { HeaderFields } from './header-fields.ts';
import type { Invocation } from './invoke.ts';
import { PassingRequest, type PassingRequestOptions } from './passing-request.ts';

export interface Passage extends PassingRequestOptions {
  readonly pipeline: Pipeline;
}

/** False when a middleware has answered. At once when none has to wait. Throws ProxyError, or rejects with one. */
export function passHttpPipeline(passage: Passage): boolean | Promise<boolean> {
  const { pipeline, exchange } = passage;
  const { request } = exchange;
  const sentUrl = request.url ?? '/';
  const headers = new HeaderFields(request.rawHeaders);
  const authority = request.headers.host ?? request.headers[':authority'] ?? '';
  const origin = `http://${String(authority)}`;
  const passing = new PassingRequest(passage, { kind: 'http', origin, url: sentUrl, headers });
  const verdict = pipeline.pass(passing);
  return verdict instanceof Promise ? verdict.then(settle) : settle(verdict);

  function settle(reply: Awaited<typeof verdict>): boolean {
    const url = passing.isTargetChanged ? passing.path + passing.search : sentUrl;
    if (headers.changed !== null || passing.isTargetChanged) exchange.changes = { url, headers };
    if (reply !== null) answer(reply, passage);
    return reply === null;
  }
}

/** The call as it is to go out; null when a middleware has answered. At once when none has to wait. Throws ProxyError, or rejects with one. */
export function passAppPipeline(
  passage: Passage,
  invocation: Invocation,
): Invocation | null | Promise<Invocation | null> {
  const { pipeline } = passage;
  const { origin } = invocation.route.upstream.pool;
  const headers = new HeaderFields(invocation.headers);
  const passing = new PassingRequest(passage, { kind: 'app', origin, url: invocation.path, headers });
  const verdict = pipeline.pass(passing);
  return verdict instanceof Promise ? verdict.then(settle) : settle(verdict);

  function settle(reply: Awaited<typeof verdict>): Invocation | null {
    if (reply !== null) {
      answer(reply, passage);
      return null;
    }
    const { changed } = headers;
    if (changed === null && !passing.isTargetChanged) return invocation;
    const path = passing.isTargetChanged ? `/${checkPath(passing.path.slice(1))}${passing.search}` : invocation.path;
    const { target, route } = invocation;
    return { target, route, path, headers: changed ?? invocation.headers };
  }
}

function answer(reply: Reply, { exchange, context }: Passage): void {
  exchange.isMiddlewareAnswer = true;
  sendReply(exchange, reply, context.clock);
}

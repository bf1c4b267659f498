/** One step of a pipeline: it looks at a request and lets it go on, perhaps changed, or answers it. */
import type { Clock } from '#shared/clock/clock.ts';
import type { Logger } from '#shared/logger/logger.ts';
import type { ReadyMiddleware } from '#shared/table/middleware.ts';
import type { Reply } from '../reply/reply.ts';
import type { CallTarget } from '../telemetry/telemetry.ts';
import type { OpenPool } from './http/http-client.ts';

/** Changes a body piece by piece. A body with a Content-Encoding is no text, and a part of one (206) no whole: they pass as they are. */
export interface BodyMap {
  piece(chunk: Uint8Array): Uint8Array;
  /** What is left when the body has ended. */
  end(): Uint8Array;
}

/** The request as a middleware sees it: of the caller (`httpPipeline`) or about to leave (`appHttpPipeline`). */
export interface MiddlewareRequest {
  readonly pipeline: 'http' | 'app';
  readonly method: string;
  /** `http` or `https`, of the API or of the upstream. */
  readonly scheme: string;
  /** `host:port` of the Host header or of the upstream. */
  readonly authority: string;
  /** Raw, without the query. */
  readonly path: string;
  /** Raw, with its `?`; `''` without one. */
  readonly search: string;
  /** Path and query as the caller sent them: where a browser that was sent elsewhere comes back to. */
  readonly sentTarget: string;
  /** Address of the caller, without its port; `''` over a socket file. */
  readonly remoteAddress: string;
  /** Whom the call is for; null in `httpPipeline`, which runs before the target is looked for. */
  readonly target: CallTarget | null;
  /** Aborted when the caller leaves. */
  readonly departure: AbortSignal;
  /** Values of a field in order; `name` in lower case. */
  headerValues(name: string): readonly string[];
  /**
   * Replaces every field of that name; no Connection header of the caller takes it away again. Throws ProxyError
   * `middleware-failed` for what is no header or frames the message (Content-Length, Host and the like).
   */
  setHeader(name: string, value: string): void;
  removeHeader(name: string): void;
  /** Another path and query, as they stand in a URL. Throws ProxyError `middleware-failed`; what no caller may call is refused later. */
  setTarget(path: string, search: string): void;
  /**
   * The whole body, kept for the upstream; empty without one. Only for a middleware whose settings say that it reads it.
   * Rejects with ProxyError `body-too-large`, or `overloaded` when all such bodies together are too many.
   */
  readBody(maxBytes: number): Promise<Buffer>;
  /** Nothing without a body. */
  mapRequestBody(map: BodyMap): void;
  /** Of whatever answers from here on: the upstream, the proxy itself or a later middleware. */
  mapResponseBody(map: BodyMap): void;
  /** One more field of whatever answer the request ends in (a session's Set-Cookie). */
  addResponseHeader(name: string, value: string): void;
}

/** An answer for want of a decision, which is counted with the requests that met a middleware that is not usable. */
export interface UndecidedReply extends Reply {
  readonly isUndecided: true;
}

/** `null`: go on. A Reply ends the request with this answer. */
export type Verdict = Reply | UndecidedReply | null;

export interface Middleware {
  /** Throws ProxyError when it cannot decide: the request is refused then. */
  handle(request: MiddlewareRequest): Verdict | Promise<Verdict>;
  /** Called once, when no request will come any more: ends timers and connections. */
  close(): void;
}

export interface MiddlewareContext {
  readonly appId: string;
  readonly namespace: string;
  readonly clock: Clock;
  readonly logger: Logger;
  /** For an HttpClient of the middleware's own. */
  readonly openPool: OpenPool;
  /** Aborted when the start has taken too long, and when the middleware is not wanted any more. */
  readonly signal: AbortSignal;
}

/** Makes one of a type: `create<Type>` of `proxy/middleware/<type>/create-<type>.ts`. Rejects with an Error of one sentence that holds no secret when it cannot start; it is tried again later. */
export type CreateMiddleware = (entry: ReadyMiddleware, context: MiddlewareContext) => Promise<Middleware>;

/** One step of a pipeline: it looks at a request and lets it go on, perhaps changed, or answers it. */
import type { Clock } from '#shared/clock/clock.ts';
import type { Logger } from '#shared/logger/logger.ts';
import type { ReadyMiddleware } from '#shared/table/middleware.ts';
import type { Reply } from '../reply/reply.ts';
import type { CallTarget } from '../telemetry/telemetry.ts';
import type { OpenPool } from './http/http-client.ts';

/** Changes a body piece by piece. */
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
  /** Address of the caller, without its port; `''` over a socket file. */
  readonly remoteAddress: string;
  /** Whom the call is for; null in `httpPipeline`, which runs before the target is looked for. */
  readonly target: CallTarget | null;
  /** Aborted when the caller leaves. */
  readonly departure: AbortSignal;
  /** Values of a field in order; `name` in lower case. */
  headerValues(name: string): readonly string[];
  /** Replaces every field of that name. */
  setHeader(name: string, value: string): void;
  removeHeader(name: string): void;
  /** Another path and query. */
  setTarget(path: string, search: string): void;
  /** The whole body, kept for the upstream. Only for a middleware whose settings say that it reads it. Throws ProxyError `body-too-large`. */
  readBody(maxBytes: number): Promise<Buffer>;
  mapRequestBody(map: BodyMap): void;
  mapResponseBody(map: BodyMap): void;
}

/** `null`: go on. A Reply ends the request with this answer. */
export type Verdict = Reply | null;

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
}

/** Makes one of a type. Rejects with an Error of one sentence that holds no secret when it cannot start; it is tried again later. */
export type CreateMiddleware = (entry: ReadyMiddleware, context: MiddlewareContext) => Promise<Middleware>;

/** A request as a middleware sees it, which keeps what is done to it. */
import type { MiddlewareRequest } from '../../proxy/middleware/middleware.ts';

export interface FakeRequest extends MiddlewareRequest {
  /** Set by the middleware, by name. */
  readonly setHeaders: ReadonlyMap<string, string>;
  readonly removedHeaders: readonly string[];
  /** For the answer: names and values. */
  readonly responseHeaders: readonly (readonly [string, string])[];
}

export interface FakeRequestOptions extends Partial<
  Pick<MiddlewareRequest, 'pipeline' | 'scheme' | 'method' | 'path' | 'search' | 'departure'>
> {
  /** By names in lower case. */
  readonly headers?: Readonly<Record<string, readonly string[]>>;
  readonly body?: string;
}

/** A GET of `/` unless told otherwise. */
export function middlewareRequest(options: FakeRequestOptions = {}): FakeRequest {
  const { headers = {}, body = '' } = options;
  const setHeaders = new Map<string, string>();
  const removedHeaders: string[] = [];
  const responseHeaders: [string, string][] = [];
  return {
    pipeline: options.pipeline ?? 'app',
    method: options.method ?? 'GET',
    scheme: options.scheme ?? 'https',
    authority: 'api.example',
    path: options.path ?? '/',
    search: options.search ?? '',
    sentTarget: `${options.path ?? '/'}${options.search ?? ''}`,
    remoteAddress: '127.0.0.1',
    target: null,
    departure: options.departure ?? new AbortController().signal,
    headerValues: (name) => headers[name] ?? [],
    setHeader: (name, value) => void setHeaders.set(name, value),
    removeHeader: (name) => void removedHeaders.push(name),
    setTarget: () => undefined,
    readBody: async () => Buffer.from(body),
    mapRequestBody: () => undefined,
    mapResponseBody: () => undefined,
    addResponseHeader: (name, value) => void responseHeaders.push([name, value]),
    setHeaders,
    removedHeaders,
    responseHeaders,
  };
}

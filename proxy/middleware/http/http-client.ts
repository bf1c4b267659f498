/** Small calls of a middleware's own: to an issuer, a token endpoint, a policy server. Verified, limited, never redirected. */
import { Readable } from 'node:stream';
import type { Clock } from '#shared/clock/clock.ts';
import { ProxyError } from '#shared/errors/proxy-error.ts';
import { RecentMap } from '#shared/memory/recent-map.ts';
import type { Sensitive } from '#shared/table/sensitive.ts';
import { classifyError } from '../../upstream/classify-error.ts';
import type { ConnectionPool } from '../../upstream/connection-pool.ts';
import type { UpstreamRequest } from '../../upstream/upstream-request.ts';
import { AnswerCollector } from './answer-collector.ts';

/** Opens connections as those of an endpoint: TLS verified by the proxy's roots or by `rootCa` (PEM), environment proxies, no loops. */
export type OpenPool = (origin: string, rootCa: Sensitive | null) => ConnectionPool;

export interface HttpClientOptions {
  readonly openPool: OpenPool;
  readonly clock: Clock;
  /** PEM; `null`: the proxy's roots. */
  readonly rootCa: Sensitive | null;
  /** For a whole call, from its start to the last byte of the answer. */
  readonly timeoutMs: number;
  /** Of an answer, unpacked or not: none is asked to be packed. */
  readonly maxBodyBytes: number;
}

export interface HttpRequest {
  readonly method: string;
  /** `http:` or `https:`; user information and fragment are not sent. */
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  /** `''`: none. */
  readonly body: string | Uint8Array;
  readonly signal?: AbortSignal | null;
}

export interface HttpAnswer {
  readonly status: number;
  /** Names in lower case; fields that came several times are joined. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

/** Origins that keep their connections; the one called longest ago gives way. */
const maxOrigins = 8;

/** Keeps connections between calls, until it is closed. Every status is an answer. */
export class HttpClient {
  readonly #options: HttpClientOptions;
  readonly #poolByOrigin = new RecentMap<ConnectionPool>(maxOrigins);
  #isClosed = false;

  constructor(options: HttpClientOptions) {
    this.#options = options;
  }

  /** Rejects with ProxyError (`upstream-…`, or the signal's own when it is one) when no whole answer comes. */
  async send(request: HttpRequest): Promise<HttpAnswer> {
    const { clock, timeoutMs, maxBodyBytes } = this.#options;
    const { signal } = request;
    if (this.#isClosed) throw new ProxyError('internal', 'the client is closed');
    const url = new URL(request.url);
    const pool = this.#pool(url.origin);
    const collector = new AnswerCollector(maxBodyBytes);
    const leave = (): void => collector.fail(reasonOf(signal));
    if (signal?.aborted === true) leave();
    signal?.addEventListener('abort', leave, { once: true });
    const timer = clock.after(timeoutMs, () => collector.fail(tooSlow(timeoutMs)));
    pool.begin();
    try {
      pool.dispatch(upstreamRequest(request, url), collector);
      return await collector.answer;
    } catch (error) {
      throw classifyError(error);
    } finally {
      timer.cancel();
      signal?.removeEventListener('abort', leave);
      pool.end();
    }
  }

  /** Calls on their way finish. */
  close(): void {
    this.#isClosed = true;
    for (const pool of this.#poolByOrigin.values()) pool.retire();
  }

  #pool(origin: string): ConnectionPool {
    const present = this.#poolByOrigin.get(origin);
    if (present !== undefined) return present;
    const pool = this.#options.openPool(origin, this.#options.rootCa);
    this.#poolByOrigin.set(origin, pool)?.retire();
    return pool;
  }
}

function upstreamRequest({ method, headers, body }: HttpRequest, url: URL): UpstreamRequest {
  const bytes = Buffer.from(body);
  const length = bytes.length === 0 && method === 'GET' ? [] : ['Content-Length', String(bytes.length)];
  return {
    method,
    path: `${url.pathname}${url.search}`,
    headers: [...Object.entries(headers).flat(), ...length],
    body: bytes.length === 0 ? null : Readable.from([bytes], { objectMode: false }),
    trailers: null,
  };
}

function reasonOf(signal: AbortSignal | null | undefined): Error {
  const reason: unknown = signal?.reason;
  return reason instanceof ProxyError
    ? reason
    : new ProxyError('caller-left', 'the call was given up', { cause: reason });
}

function tooSlow(timeoutMs: number): ProxyError {
  return new ProxyError('upstream-timeout', `no whole answer within ${timeoutMs} ms`);
}

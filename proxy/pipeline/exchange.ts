/** One request of a caller and what has become of it: the only object that travels down the request path. */
import type { IncomingMessage } from 'node:http';
import type { Http2ServerRequest } from 'node:http2';
import { ProxyError, type ProxyErrorCode } from '#shared/errors/proxy-error.ts';
import type { CallerResponse } from '../server/caller-response.ts';
import type { CallTarget } from '../telemetry/telemetry.ts';

export type CallerRequest = IncomingMessage | Http2ServerRequest;

export interface ExchangeOptions {
  readonly request: CallerRequest;
  readonly response: CallerResponse;
  readonly startedAtMs: number;
}

/** Facts that the record of a request needs, filled in as they become true. */
export class Exchange {
  readonly request: CallerRequest;
  readonly response: CallerResponse;
  readonly startedAtMs: number;
  /** As the caller named it; `''` until it is known. */
  target = '';
  callTarget: CallTarget | null = null;
  status = 0;
  /** The body on its way, for its count: a record is made while the call is still unwinding. */
  body: { readonly receivedBytes: number } | null = null;
  responseBytes = 0;
  errorCode: ProxyErrorCode | null = null;
  isAborted = false;
  /** Names and values in turn that every answer to this request carries (CORS). */
  addedHeaders: readonly string[] = [];
  #departure: AbortController | null = null;

  constructor({ request, response, startedAtMs }: ExchangeOptions) {
    this.request = request;
    this.response = response;
    this.startedAtMs = startedAtMs;
  }

  /** Aborted when the caller leaves. Made when first asked for: most requests never wait. */
  get departure(): AbortSignal {
    if (this.#departure === null) {
      const departure = new AbortController();
      this.#departure = departure;
      const leave = (): void => departure.abort(new ProxyError('caller-left', 'the caller left'));
      if (this.response.isClosed) leave();
      else this.response.onClose(leave);
    }
    return this.#departure.signal;
  }

  /** The URL path as sent, without the query. */
  get path(): string {
    const url = this.request.url ?? '/';
    const mark = url.indexOf('?');
    return mark === -1 ? url : url.slice(0, mark);
  }

  header(name: string): string | undefined {
    const value = this.request.headers[name];
    return Array.isArray(value) ? value.join(', ') : value;
  }

  get requestBytes(): number {
    return this.body?.receivedBytes ?? 0;
  }

  /** Whether a body follows the head. */
  get hasBody(): boolean {
    if ('stream' in this.request) return !this.request.stream.endAfterHeaders;
    const { headers } = this.request;
    return headers['transfer-encoding'] !== undefined || (headers['content-length'] ?? '0') !== '0';
  }
}

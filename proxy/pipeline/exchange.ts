/** One request of a caller and what has become of it: the only object that travels down the request path. */
import type { IncomingMessage } from 'node:http';
import type { Http2ServerRequest } from 'node:http2';
import { ProxyError, type ProxyErrorCode } from '#shared/errors/proxy-error.ts';
import type { CallerResponse } from '../server/caller-response.ts';
import type { CallTarget } from '../telemetry/telemetry.ts';
import type { HeaderFields } from './header-fields.ts';
import type { PassingBody } from './passing-body.ts';

export type CallerRequest = IncomingMessage | Http2ServerRequest;

export interface ExchangeOptions {
  readonly request: CallerRequest;
  readonly response: CallerResponse;
  readonly startedAtMs: number;
  /** Of the caller, where the request's own socket does not know it. */
  readonly remoteAddress?: string | undefined;
}

/** What middleware of `httpPipeline` has made of a request. */
export interface RequestChanges {
  /** In origin form. */
  readonly url: string;
  readonly headers: HeaderFields;
}

/** Facts that the record of a request needs, filled in as they become true. */
export class Exchange {
  readonly request: CallerRequest;
  /** A middleware that changes the answer puts itself in front of it. */
  response: CallerResponse;
  readonly startedAtMs: number;
  readonly #knownAddress: string | undefined;
  /** Seen by everything after `httpPipeline`; records show the request as it was sent. Null: nothing was changed. */
  changes: RequestChanges | null = null;
  /** Null until a middleware reads or changes the body. */
  passingBody: PassingBody | null = null;
  /** As the caller named it; `''` until it is known. */
  target = '';
  callTarget: CallTarget | null = null;
  status = 0;
  /** The body on its way, for its count: a record is made while the call is still unwinding. */
  body: { readonly receivedBytes: number } | null = null;
  responseBytes = 0;
  errorCode: ProxyErrorCode | null = null;
  isAborted = false;
  isMiddlewareAnswer = false;
  /** Names and values in turn that every answer to this request carries (CORS, and what middleware adds). */
  addedHeaders: readonly string[] = [];
  /** Whether CORS is answered here, and so not by an upstream. */
  isCors = false;
  #departure: AbortController | null = null;
  #isBodyAskedFor = false;

  constructor({ request, response, startedAtMs, remoteAddress }: ExchangeOptions) {
    this.request = request;
    this.response = response;
    this.startedAtMs = startedAtMs;
    this.#knownAddress = remoteAddress;
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

  /** Of the caller, without its port; `''` over a socket file. */
  get remoteAddress(): string {
    const { socket }: { readonly socket?: { readonly remoteAddress?: string | undefined } } = this.request;
    const address = this.#knownAddress ?? socket?.remoteAddress ?? '';
    // A socket for both families writes IPv4 this way.
    return address.startsWith('::ffff:') ? address.slice('::ffff:'.length) : address;
  }

  /** Path and query, by now. */
  get url(): string {
    return this.changes?.url ?? this.request.url ?? '/';
  }

  /** The path of `url`. */
  get path(): string {
    return pathOf(this.url);
  }

  /** The URL path as sent, without the query. */
  get sentPath(): string {
    return pathOf(this.request.url ?? '/');
  }

  /** Names and values in turn, by now. */
  get rawHeaders(): readonly string[] {
    return this.changes?.headers.flat ?? this.request.rawHeaders;
  }

  /** By now; `name` in lower case. */
  header(name: string): string | undefined {
    if (this.changes?.headers.hasChanged(name) === true) {
      const values = this.changes.headers.values(name);
      return values.length === 0 ? undefined : values.join(', ');
    }
    const value = this.request.headers[name];
    return Array.isArray(value) ? value.join(', ') : value;
  }

  /** Lets a caller that waits for `100 Continue` send its body. */
  askForBody(): void {
    if (this.#isBodyAskedFor) return;
    this.#isBodyAskedFor = true;
    this.response.writeContinue();
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

function pathOf(url: string): string {
  const mark = url.indexOf('?');
  return mark === -1 ? url : url.slice(0, mark);
}

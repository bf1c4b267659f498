/** A request as the middleware of one pipeline sees and changes it. */
import { ProxyError } from '#shared/errors/proxy-error.ts';
import type { BodyMap, MiddlewareRequest } from '../middleware/middleware.ts';
import { splitRequestUrl } from '../target/split-request-url.ts';
import type { CallTarget } from '../telemetry/telemetry.ts';
import type { Exchange } from './exchange.ts';
import { checkField, type HeaderFields } from './header-fields.ts';
import { MappedResponse } from './mapped-response.ts';
import { PassingBody } from './passing-body.ts';
import type { ProxyContext } from './proxy-context.ts';

export interface PassingRequestOptions {
  readonly exchange: Exchange;
  readonly context: ProxyContext;
  /** Whether this is the handshake of a WebSocket, which has no bodies; what follows it is not HTTP. */
  readonly isUpgrade: boolean;
}

/** What a pipeline begins with. */
export interface PassingHead {
  readonly kind: 'http' | 'app';
  /** Scheme and authority: of the API, or of the upstream. */
  readonly origin: string;
  /** As sent; an absolute form is seen without its origin, as it is routed. */
  readonly url: string;
  readonly headers: HeaderFields;
}

/** Only what a caller can write in a URL, too. */
const unsendable = /[^!-\u00ff]|[#\u007f]/;

export class PassingRequest implements MiddlewareRequest {
  readonly #options: PassingRequestOptions;
  readonly #head: PassingHead;
  #path: string;
  #search: string;
  #isTargetChanged = false;

  constructor(options: PassingRequestOptions, head: PassingHead) {
    this.#options = options;
    this.#head = head;
    const { path, search } = splitRequestUrl(head.url);
    this.#path = path;
    this.#search = search;
  }

  get pipeline(): 'http' | 'app' {
    return this.#head.kind;
  }

  get method(): string {
    return this.#options.exchange.request.method ?? 'GET';
  }

  get scheme(): string {
    return this.#head.origin.split('://', 1)[0] ?? '';
  }

  get authority(): string {
    return this.#head.origin.slice(this.scheme.length + '://'.length);
  }

  get path(): string {
    return this.#path;
  }

  get search(): string {
    return this.#search;
  }

  get sentTarget(): string {
    const { path, search } = splitRequestUrl(this.#options.exchange.request.url ?? '/');
    return path + search;
  }

  /** Whether `setTarget` was called. */
  get isTargetChanged(): boolean {
    return this.#isTargetChanged;
  }

  get headers(): HeaderFields {
    return this.#head.headers;
  }

  get remoteAddress(): string {
    return this.#options.exchange.remoteAddress;
  }

  get target(): CallTarget | null {
    return this.#head.kind === 'app' ? this.#options.exchange.callTarget : null;
  }

  get departure(): AbortSignal {
    return this.#options.exchange.departure;
  }

  headerValues(name: string): readonly string[] {
    return this.headers.values(name);
  }

  setHeader(name: string, value: string): void {
    this.headers.set(name, value);
  }

  removeHeader(name: string): void {
    this.headers.remove(name);
  }

  addResponseHeader(name: string, value: string): void {
    checkField(name, value);
    const { exchange } = this.#options;
    exchange.addedHeaders = [...exchange.addedHeaders, name, value];
  }

  setTarget(path: string, search: string): void {
    if (!path.startsWith('/') || !/^(?:\?|$)/.test(search) || unsendable.test(path + search)) {
      throw new ProxyError('middleware-failed', 'a middleware set a path that cannot be sent');
    }
    this.#path = path;
    this.#search = search;
    this.#isTargetChanged = true;
  }

  async readBody(maxBytes: number): Promise<Buffer> {
    const { exchange, context, isUpgrade } = this.#options;
    if (isUpgrade || !exchange.hasBody) return Buffer.alloc(0);
    exchange.passingBody ??= new PassingBody();
    return exchange.passingBody.readWhole(maxBytes, exchange, context);
  }

  mapRequestBody(map: BodyMap): void {
    const { exchange, isUpgrade } = this.#options;
    const coding = this.headers.values('content-encoding').join(',').toLowerCase();
    if (isUpgrade || !exchange.hasBody || (coding !== '' && coding !== 'identity')) return;
    exchange.passingBody ??= new PassingBody();
    exchange.passingBody.addMap(map);
    this.headers.removeLength();
  }

  mapResponseBody(map: BodyMap): void {
    const { exchange, isUpgrade } = this.#options;
    if (!isUpgrade) exchange.response = new MappedResponse(exchange.response, { map, method: this.method });
  }
}

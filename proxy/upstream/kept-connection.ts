/**
 * One connection of a pool. A server may close it just when the next request is on its way: such a request was most
 * likely never looked at, and one that may be served twice is sent again, once, on a new connection (RFC 9110 §9.2.2; Go
 * does the same). No policy and no breaker hears of it.
 */
import Client from 'undici/lib/dispatcher/client.js';
import type { Client as UndiciClient, Dispatcher } from 'undici';
import { forgetBody, isRepeatable, reopened, withKeptBody } from './is-repeatable.ts';
import type { UpstreamRequest } from './upstream-request.ts';

const closedCodes: ReadonlySet<unknown> = new Set(['UND_ERR_SOCKET', 'ECONNRESET', 'EPIPE']);

export class KeptConnection extends Client {
  /** Requests taken since the connection was opened; the one that it was opened for does not count. */
  #laterRequests = 0;
  #isOpen = false;

  constructor(origin: string | URL, options: UndiciClient.Options) {
    super(origin, options);
    this.on('connect', () => {
      this.#laterRequests = 0;
      this.#isOpen = true;
    });
    this.on('disconnect', () => {
      this.#isOpen = false;
    });
  }

  /** Whether the connection has served a request before the last one. */
  get hasServed(): boolean {
    return this.#laterRequests > 0;
  }

  override dispatch(request: UpstreamRequest, handler: Dispatcher.DispatchHandler): boolean {
    this.#laterRequests += 1;
    if (request.body === null && !isRepeatable(request)) return super.dispatch(request, handler);
    // A connection that is yet to be opened is no kept one.
    const sent = this.#isOpen ? withKeptBody(request) : request;
    return super.dispatch(sent, new RepeatableCall({ connection: this, request, sent, handler }));
  }

  /** Sends a request a second time, which is its last. */
  repeat(request: UpstreamRequest, handler: Dispatcher.DispatchHandler): void {
    super.dispatch(request, handler);
  }
}

interface RepeatableCallOptions {
  readonly connection: KeptConnection;
  readonly request: UpstreamRequest;
  /** The same with the body that goes out. */
  readonly sent: UpstreamRequest;
  readonly handler: Dispatcher.DispatchHandler;
}

/** Passes everything on but the failure that a repetition makes good. */
class RepeatableCall implements Dispatcher.DispatchHandler {
  readonly #options: RepeatableCallOptions;
  readonly #handler: Dispatcher.DispatchHandler;
  #isAnswered = false;

  constructor(options: RepeatableCallOptions) {
    this.#options = options;
    this.#handler = options.handler;
  }

  onRequestStart(controller: Dispatcher.DispatchController, context: unknown): void {
    const { connection, request } = this.#options;
    if (!connection.hasServed) forgetBody(request);
    this.#handler.onRequestStart?.(controller, context);
  }

  /** undici calls it at the first byte of an answer. */
  onResponseStarted(): void {
    this.#isAnswered = true;
    forgetBody(this.#options.request);
  }

  onResponseStart(...parameters: Parameters<NonNullable<Dispatcher.DispatchHandler['onResponseStart']>>): void {
    this.#handler.onResponseStart?.(...parameters);
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    this.#handler.onResponseData?.(controller, chunk);
  }

  onResponseEnd(...parameters: Parameters<NonNullable<Dispatcher.DispatchHandler['onResponseEnd']>>): void {
    this.#handler.onResponseEnd?.(...parameters);
  }

  onResponseError(controller: Dispatcher.DispatchController, error: Error): void {
    if (!this.#mayRepeat || !('code' in error) || !closedCodes.has(error.code)) {
      return this.#handler.onResponseError?.(controller, error);
    }
    // Not at once: undici has yet to put the dead connection away. Until then a piece of the body may get lost on it.
    queueMicrotask(() => {
      if (this.#mayRepeat) this.#repeat();
      else this.#handler.onResponseError?.(controller, error);
    });
  }

  get #mayRepeat(): boolean {
    const { connection, sent } = this.#options;
    return !this.#isAnswered && connection.hasServed && isRepeatable(sent);
  }

  #repeat(): void {
    const { connection, request, sent } = this.#options;
    const body = reopened(sent);
    forgetBody(request);
    connection.repeat({ ...sent, body }, this.#handler);
  }
}

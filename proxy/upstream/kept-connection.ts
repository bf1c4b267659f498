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

  override dispatch(request: UpstreamRequest, handler: Dispatcher.DispatchHandler): boolean {
    this.#laterRequests += 1;
    if (request.body === null && !isRepeatable(request)) return super.dispatch(request, handler);
    const sent = this.#isOpen ? withKeptBody(request) : request;
    const isKept = (): boolean => this.#laterRequests > 0;
    const mayRepeat = (): boolean => isKept() && isRepeatable(sent);
    const forget = (): void => forgetBody(request);
    const repeat = (): void => {
      const body = reopened(sent);
      forget();
      super.dispatch({ ...sent, body }, handler);
    };
    return super.dispatch(sent, new RepeatableCall(handler, { isKept, mayRepeat, forget, repeat }));
  }
}

interface Repetition {
  /** Whether the connection has served a request before this one. */
  readonly isKept: () => boolean;
  /** Whether it has, and this one may be sent again. */
  readonly mayRepeat: () => boolean;
  /** There will be no repetition. */
  readonly forget: () => void;
  readonly repeat: () => void;
}

/** Passes everything on but the failure that a repetition makes good. */
class RepeatableCall implements Dispatcher.DispatchHandler {
  readonly #handler: Dispatcher.DispatchHandler;
  readonly #repetition: Repetition;
  #isAnswered = false;

  constructor(handler: Dispatcher.DispatchHandler, repetition: Repetition) {
    this.#handler = handler;
    this.#repetition = repetition;
  }

  onRequestStart(controller: Dispatcher.DispatchController, context: unknown): void {
    if (!this.#repetition.isKept()) this.#repetition.forget();
    this.#handler.onRequestStart?.(controller, context);
  }

  /** undici calls it at the first byte of an answer. */
  onResponseStarted(): void {
    this.#isAnswered = true;
    this.#repetition.forget();
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
    const isStale = !this.#isAnswered && this.#repetition.mayRepeat() && 'code' in error && closedCodes.has(error.code);
    if (!isStale) return this.#handler.onResponseError?.(controller, error);
    // Not at once: undici has yet to put the dead connection away. Until then a piece of the body may get lost on it.
    queueMicrotask(() => {
      if (this.#repetition.mayRepeat()) this.#repetition.repeat();
      else this.#handler.onResponseError?.(controller, error);
    });
  }
}

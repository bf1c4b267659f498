/** Keeps a whole answer, up to a limit: for answers that are read by the proxy itself. */
import type { IncomingHttpHeaders } from 'node:http';
import type { Dispatcher } from 'undici';
import { ProxyError } from '#shared/errors/proxy-error.ts';
import type { HttpAnswer } from './http-client.ts';

/** One call's handler. `answer` settles once; an answer beyond the limit rejects and ends the call. */
export class AnswerCollector implements Dispatcher.DispatchHandler {
  readonly answer: Promise<HttpAnswer>;
  readonly #maxBytes: number;
  readonly #resolve: (answer: HttpAnswer) => void;
  readonly #reject: (error: Error) => void;
  #controller: Dispatcher.DispatchController | null = null;
  #failure: Error | null = null;
  #status = 0;
  #headers: Record<string, string> = {};
  #pieces: Buffer[] = [];
  #bytes = 0;

  constructor(maxBytes: number) {
    const { promise, resolve, reject } = Promise.withResolvers<HttpAnswer>();
    // Whoever sends awaits it a little later; a failure before that is not unhandled.
    promise.catch(() => undefined);
    this.answer = promise;
    this.#maxBytes = maxBytes;
    this.#resolve = resolve;
    this.#reject = reject;
  }

  /** Ends the call, on its way or not yet sent. */
  fail(error: Error): void {
    if (this.#failure !== null) return;
    this.#failure = error;
    this.#reject(error);
    this.#controller?.abort(error);
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    if (this.#failure !== null) controller.abort(this.#failure);
  }

  onResponseStart(_controller: Dispatcher.DispatchController, status: number, parsed: IncomingHttpHeaders): void {
    if (status < 200) return;
    this.#status = status;
    this.#headers = joinedHeaders(parsed);
    const declared = Number(this.#headers['content-length'] ?? 0);
    if (declared > this.#maxBytes) this.fail(tooLarge(this.#maxBytes));
  }

  onResponseData(_controller: Dispatcher.DispatchController, chunk: Buffer): void {
    if (this.#failure !== null) return;
    this.#bytes += chunk.length;
    if (this.#bytes > this.#maxBytes) this.fail(tooLarge(this.#maxBytes));
    else this.#pieces.push(chunk);
  }

  onResponseEnd(): void {
    this.#resolve({ status: this.#status, headers: this.#headers, body: Buffer.concat(this.#pieces) });
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    this.#reject(error);
  }
}

function joinedHeaders(parsed: IncomingHttpHeaders): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(parsed)) {
    headers[name] = Array.isArray(value) ? value.join(', ') : (value ?? '');
  }
  return headers;
}

function tooLarge(maxBytes: number): ProxyError {
  return new ProxyError('upstream-protocol', `the answer is larger than ${maxBytes} bytes`);
}

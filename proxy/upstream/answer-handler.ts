/** What an upstream's answer does to the caller: head, pieces, end or failure, whichever transport brings them. */
import { STATUS_CODES, type IncomingHttpHeaders } from 'node:http';
import type { Dispatcher } from 'undici';
import type { Clock, Timer } from '#shared/clock/clock.ts';
import { ProxyError } from '#shared/errors/proxy-error.ts';
import { collectPassedOn } from '#shared/memory/collect-passed-on.ts';
import type { Exchange } from '../pipeline/exchange.ts';
import { AnswerDrain } from './answer-drain.ts';
import { classifyError } from './classify-error.ts';
import { ConnectFailure } from './connect-failure.ts';
import { responseHeaders, responseTrailers, type ReceivedHeaders } from './response-headers.ts';
import type { UpstreamBody } from './upstream-body.ts';

export interface CallResult {
  /** 0 when no response came. */
  readonly status: number;
  /** Until the response's head, or until the failure. */
  readonly roundtripMs: number;
  readonly receivedBytes: number;
  readonly error: ProxyError | null;
  /** False when no connection could be opened: the upstream cannot have seen the request. */
  readonly wasConnected: boolean;
}

/** Ends a call when the head of its answer has not come by then. */
export interface HeadDeadline {
  readonly afterMs: number;
  /** What it ends with; asked when it does. */
  error(): ProxyError;
}

/** What policies add to a call. */
export interface AnswerGate {
  readonly deadline: HeadDeadline | null;
  /** False gives the answer up: nothing of it reaches the caller, and the call has ended. */
  admits(status: number, received: ReceivedHeaders): boolean;
}

/** Two answers to one question of CORS are none (Fetch §4.9): ours replaces the upstream's. */
const corsNames: ReadonlySet<string> = new Set(['access-control-allow-origin']);
/** A 204 has no length to state (RFC 9110 §8.6). */
const lengthName: ReadonlySet<string> = new Set(['content-length']);
const noNames: ReadonlySet<string> = new Set();
/** Informational answers before one final answer: an upstream could send them for ever, past a caller that does not read. */
const maxInformational = 256;

export interface AnsweredCall {
  readonly exchange: Exchange;
  readonly body: UpstreamBody | null;
  readonly clock: Clock;
  /** Null without policies. */
  readonly gate: AnswerGate | null;
}

/** Passes one answer on, with backpressure, and settles once. */
export class AnswerHandler implements Dispatcher.DispatchHandler {
  readonly #call: AnsweredCall;
  readonly #settle: (result: CallResult) => void;
  readonly #startedAtMs: number;
  #controller: Dispatcher.DispatchController | null = null;
  #status = 0;
  #roundtripMs = 0;
  #receivedBytes = 0;
  #isSettled = false;
  #informational = 0;
  /** Declared by the answer; -1 when it did not. */
  #contentLength = -1;
  /** A body that came in one piece: its end follows in the same read. */
  #wholeBody: Buffer | undefined;
  readonly #deadline: Timer | null;
  /** Of an answer that was given up. */
  #drain: AnswerDrain | null = null;
  readonly #callerClosed = (): void => this.abort(callerLeft());

  constructor(call: AnsweredCall, settle: (result: CallResult) => void) {
    this.#call = call;
    this.#settle = settle;
    this.#startedAtMs = call.clock.monotonicMs();
    call.exchange.response.onClose(this.#callerClosed);
    const deadline = call.gate?.deadline ?? null;
    this.#deadline = deadline === null ? null : call.clock.after(deadline.afterMs, () => this.abort(deadline.error()));
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    if (this.#isSettled || this.#call.exchange.response.isClosed) controller.abort(callerLeft());
  }

  // undici's interface.
  // oxlint-disable-next-line max-params
  onResponseStart(
    controller: Dispatcher.DispatchController,
    status: number,
    parsed: IncomingHttpHeaders,
    reason?: string,
  ): void {
    if (this.#isSettled) return;
    const { exchange, gate } = this.#call;
    const received: ReceivedHeaders = controller.rawHeaders ?? parsed;
    if (status < 200) return this.#inform(status, received);
    if (!isKnownCoding(parsed['transfer-encoding']))
      return this.#refuse('the response has a transfer coding other than chunked');
    this.#deadline?.cancel();
    if (gate !== null && !gate.admits(status, received))
      return this.#giveUp(controller, { status, contentLength: Number(parsed['content-length'] ?? -1) });
    const names = exchange.isCors ? corsNames : noNames;
    const raw = responseHeaders(received, status === 204 ? names.union(lengthName) : names);
    this.#roundtripMs = this.#elapsedMs();
    if (exchange.addedHeaders.length > 0) raw.push(...exchange.addedHeaders);
    exchange.response.writeHead({ status, reason: plainReason(status, reason), headers: raw });
    this.#status = status;
    this.#contentLength = Number(parsed['content-length'] ?? -1);
    exchange.status = status;
    // The head waits for a body piece that came in the same read, and no longer: an event stream may stay silent.
    process.nextTick(() => this.#flushHead());
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    const { exchange } = this.#call;
    if (this.#isSettled) return this.#drain?.take(chunk.length);
    this.#receivedBytes += chunk.length;
    collectPassedOn(chunk.length, this.#receivedBytes);
    exchange.responseBytes += chunk.length;
    if (chunk.length === this.#contentLength) {
      this.#wholeBody = chunk;
      return;
    }
    if (exchange.response.write(chunk)) return;
    controller.pause();
    exchange.response.onDrain(() => controller.resume());
  }

  onResponseEnd(controller: Dispatcher.DispatchController, parsed: IncomingHttpHeaders): void {
    if (this.#isSettled) return this.#drain?.end();
    const received: ReceivedHeaders = controller.rawTrailers ?? parsed;
    this.#call.exchange.response.end(responseTrailers(received), this.#wholeBody);
    this.#finish(null);
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    this.fail(error);
  }

  /** Ends the call with this error, unless it has ended. */
  fail(error: unknown): void {
    this.#drain?.end();
    this.#finish(classifyError(error), { wasConnected: !(error instanceof ConnectFailure) });
  }

  /** The same, and stops what is on its way. */
  abort(error: Error): void {
    if (this.#isSettled) return;
    this.#controller?.abort(error);
    // Without a controller nothing has been sent: the call waits for a connection.
    this.fail(this.#controller === null ? new ConnectFailure(error) : error);
  }

  #inform(status: number, received: ReceivedHeaders): void {
    this.#informational += 1;
    if (status < 100) this.#refuse('the response has no valid status');
    else if (status === 101) this.#refuse('the upstream switched protocols without being asked');
    else if (this.#informational > maxInformational)
      this.#refuse(`more than ${maxInformational} informational responses`);
    else this.#passInformation(status, responseHeaders(received));
  }

  /** What node refuses to write (a field twice that may come once, over HTTP/2) is left out: nobody may depend on it. */
  #passInformation(status: number, headers: readonly string[]): void {
    try {
      this.#call.exchange.response.writeInformational(status, headers);
    } catch {
      // The final answer follows.
    }
  }

  /** Ends the call because of what the upstream sent. */
  #refuse(message: string): void {
    this.abort(new ProxyError('upstream-protocol', message));
  }

  /** The connection is of no use while a request is still on its way to an upstream that has answered it. */
  #giveUp(controller: Dispatcher.DispatchController, head: { status: number; contentLength: number }): void {
    const { body, clock } = this.#call;
    this.#roundtripMs = this.#elapsedMs();
    this.#status = head.status;
    const isSent = body === null || body.readableEnded;
    this.#drain = new AnswerDrain(controller, clock);
    this.#finish(null);
    if (!isSent || head.contentLength > AnswerDrain.maxBytes) this.#drain.cut();
  }

  #flushHead(): void {
    const { response } = this.#call.exchange;
    if (!this.#isSettled && this.#receivedBytes === 0 && !response.isClosed) response.flushHead();
  }

  #finish(error: ProxyError | null, { wasConnected } = { wasConnected: true }): void {
    if (this.#isSettled) return;
    this.#isSettled = true;
    this.#deadline?.cancel();
    this.#call.exchange.response.offClose(this.#callerClosed);
    this.#call.body?.close();
    const roundtripMs = this.#status === 0 ? this.#elapsedMs() : this.#roundtripMs;
    this.#settle({ status: this.#status, roundtripMs, receivedBytes: this.#receivedBytes, error, wasConnected });
  }

  #elapsedMs(): number {
    return this.#call.clock.monotonicMs() - this.#startedAtMs;
  }
}

/** What any coding but these was applied to would reach the caller without its name. */
function isKnownCoding(coding: string | readonly string[] | undefined): boolean {
  return coding === undefined || (typeof coding === 'string' && /^(?:chunked|identity)$/i.test(coding));
}

/** Text beyond ASCII comes decoded in ways that cannot be undone; the standard text says as much. */
function plainReason(status: number, reason: string | undefined): string {
  return reason === undefined || /^[\t\x20-\x7e]*$/.test(reason) ? (reason ?? '') : (STATUS_CODES[status] ?? '');
}

function callerLeft(): ProxyError {
  return new ProxyError('caller-left', 'the caller left before the answer was complete');
}

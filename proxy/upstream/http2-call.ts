/** One call over HTTP/2: request, body and trailers out, the answer to the same handler that undici serves over HTTP/1.1. */
import { constants, type ClientHttp2Session, type ClientHttp2Stream } from 'node:http2';
import type { Dispatcher } from 'undici';
import { ProxyError } from '#shared/errors/proxy-error.ts';
import { ConnectFailure } from './connect-failure.ts';
import { forgetBody, isRepeatable, isReplayable, reopened, withKeptBody } from './is-repeatable.ts';
import { joinedFields } from './joined-fields.ts';
import type { UpstreamRequest } from './upstream-request.ts';

export interface Http2CallOptions {
  readonly request: UpstreamRequest;
  readonly handler: Dispatcher.DispatchHandler;
  /** `https://host:8443`. */
  readonly origin: string;
  /** 0: no limit. */
  readonly responseHeaderTimeoutMs: number;
  /** 0: no limit. */
  readonly responseIdleTimeoutMs: number;
}

/** How a call left its connection. `repeat`: the upstream has not looked at it, or most likely not, so it may be sent again. */
export type Http2CallEnd = 'done' | 'repeat';

export interface Http2CallPlace {
  readonly session: ClientHttp2Session;
  /** Whether the connection has carried calls before. */
  readonly wasKept: boolean;
  /** Called once, when the stream is closed. */
  readonly onEnd: (end: Http2CallEnd) => void;
}

const { NGHTTP2_CANCEL, NGHTTP2_REFUSED_STREAM } = constants;

/** Is its own controller, as undici's handlers know it. Settles its handler once. */
export class Http2Call implements Dispatcher.DispatchController {
  rawHeaders: string[] | null = null;
  rawTrailers: string[] | null = null;
  aborted = false;
  paused = false;
  reason: Error | null = null;
  readonly #options: Http2CallOptions;
  #request: UpstreamRequest;
  #stream: ClientHttp2Stream | null = null;
  #isAnswered = false;
  #isSettled = false;
  /** Whether END_STREAM came: a reset without an error code ends the body too, and looks the same to its reader. */
  #isWhole = false;
  #attempts = 0;
  #onAbort: () => void = () => undefined;

  constructor(options: Http2CallOptions) {
    this.#options = options;
    this.#request = options.request;
  }

  get isSettled(): boolean {
    return this.#isSettled;
  }

  /** Announces the call to its handler, which may abort it from now on. `onAbort` runs while it is not yet sent. */
  announce(onAbort: () => void): void {
    this.#onAbort = onAbort;
    this.#options.handler.onRequestStart?.(this, undefined);
  }

  /** Gives the call to a transport of another HTTP version. */
  handOver(send: (request: UpstreamRequest, handler: Dispatcher.DispatchHandler) => void): void {
    if (!this.#isSettled) send(this.#request, this.#options.handler);
  }

  /** Sends it. */
  send(place: Http2CallPlace): void {
    const { session, wasKept, onEnd } = place;
    const { handler, origin } = this.#options;
    if (this.#isSettled) return onEnd('done');
    this.#attempts += 1;
    if (wasKept && this.#attempts === 1) this.#request = withKeptBody(this.#request);
    const request = this.#request;
    const stream = session.request(requestFields(request, origin), {
      endStream: request.body === null,
      waitForTrailers: request.trailers !== null,
    });
    this.#stream = stream;
    this.#watchEnd(stream);
    endOnlyWhole(stream);
    stream
      .on('headers', (_headers, _flags, raw) => this.#inform(raw))
      .on('response', (_headers, _flags, raw) => this.#answer(raw))
      .on('data', (chunk: Buffer) => {
        if (!this.#isSettled) handler.onResponseData?.(this, chunk);
      })
      .on('trailers', (_trailers, _flags, raw) => {
        this.rawTrailers = raw;
      })
      .on('end', () => this.#end())
      .on('timeout', () => this.abort(timeoutError(this.#isAnswered)))
      .on('error', (error) => {
        if (!this.#mayRepeat(stream, place)) this.fail(streamError(error));
      })
      .on('close', () => {
        if (this.#mayRepeat(stream, place)) {
          this.#beginAnew();
          return onEnd('repeat');
        }
        this.fail(new ProxyError('upstream-reset', 'the upstream ended the call without a whole answer'));
        onEnd('done');
      });
    if (request.body !== null) this.#upload(stream, request);
    else this.#awaitAnswer(stream);
  }

  abort(reason: Error): void {
    this.aborted = true;
    this.reason = reason;
    if (this.#stream !== null) return this.fail(reason);
    this.#onAbort();
    this.fail(new ConnectFailure(reason));
  }

  pause(): void {
    this.paused = true;
    this.#stream?.pause().setTimeout(0);
  }

  resume(): void {
    this.paused = false;
    this.#stream?.resume().setTimeout(this.#options.responseIdleTimeoutMs);
  }

  /** Ends the call with this error, and its stream with a reset. */
  fail(error: Error): void {
    if (this.#isSettled) return;
    this.#isSettled = true;
    if (this.#stream?.closed === false) this.#stream.close(NGHTTP2_CANCEL);
    this.#options.handler.onResponseError?.(this, error);
  }

  #beginAnew(): void {
    const body = reopened(this.#request);
    forgetBody(this.#options.request);
    // The caller may fail while the call waits for its connection.
    body?.on('error', (error) => this.abort(error));
    this.#stream = null;
    this.#request = { ...this.#request, body };
  }

  #inform(raw: string[]): void {
    const { status, fields } = answerHead(raw);
    // The proxy answers 100-continue itself.
    if (status === 100 || this.#isSettled) return;
    this.#noteAnswer(fields);
    this.#options.handler.onResponseStart?.(this, status, {}, '');
  }

  #noteAnswer(fields: string[]): void {
    if (this.rawHeaders === null) forgetBody(this.#options.request);
    this.rawHeaders = fields;
  }

  #answer(raw: string[]): void {
    if (this.#isSettled) return;
    const { status, fields } = answerHead(raw);
    this.#isAnswered = true;
    this.#noteAnswer(fields);
    if (!this.paused) this.#stream?.setTimeout(this.#options.responseIdleTimeoutMs);
    try {
      this.#options.handler.onResponseStart?.(this, status, {}, '');
    } catch (error) {
      this.abort(error instanceof Error ? error : new Error('the answer could not be passed on', { cause: error }));
    }
  }

  #end(): void {
    // A truncated answer is told by 'error' or 'close', which follow.
    if (this.#isSettled || !this.#isWhole || !this.#isAnswered) return;
    this.#isSettled = true;
    this.#options.handler.onResponseEnd?.(this, {});
    // Nobody waits for the rest of the request (RFC 9113 §8.1).
    if (this.#stream?.writableEnded === false) this.#stream.close(NGHTTP2_CANCEL);
  }

  /** node pushes the end of the body when END_STREAM comes and, having marked the stream closed, when it is reset. */
  #watchEnd(stream: ClientHttp2Stream): void {
    const push = stream.push.bind(stream);
    stream.push = (chunk: unknown, encoding?: BufferEncoding) => {
      if (chunk === null) this.#isWhole = !stream.closed;
      return push(chunk, encoding);
    };
  }

  /** Once, and never after a sign of an answer. What was refused was not served; else the rule is that of KeptConnection. */
  #mayRepeat({ rstCode }: ClientHttp2Stream, { session, wasKept }: Http2CallPlace): boolean {
    if (this.#isSettled || this.rawHeaders !== null || this.#attempts > 1) return false;
    if (rstCode === NGHTTP2_REFUSED_STREAM) return isReplayable(this.#request);
    return wasKept && session.destroyed && isRepeatable(this.#request);
  }

  #upload(stream: ClientHttp2Stream, { body, trailers }: UpstreamRequest): void {
    body
      ?.on('data', (chunk) => {
        if (stream.writable && !stream.write(chunk)) body.pause();
      })
      .on('end', () => stream.end())
      .on('error', (error) => this.abort(error));
    stream
      .on('drain', () => body?.resume())
      .on('finish', () => this.#awaitAnswer(stream))
      .on('wantTrailers', () => stream.sendTrailers(joinedFields(trailers?.fields() ?? [])));
  }

  #awaitAnswer(stream: ClientHttp2Stream): void {
    if (!this.#isAnswered) stream.setTimeout(this.#options.responseHeaderTimeoutMs);
  }
}

/**
 * A stream that is closed inside its body only sends its reset. By itself node ends the body first, so that the far end takes
 * half of it for a whole one; and with trailers to come, it may crash (https://github.com/nodejs/node/issues/41458).
 */
function endOnlyWhole(stream: ClientHttp2Stream): void {
  // node's interface.
  // oxlint-disable-next-line no-underscore-dangle
  const final = stream._final.bind(stream);
  const end: typeof final = (callback) => (stream.closed ? callback() : final(callback));
  Object.assign(stream, { _final: end });
}

/** The fields of a request, pseudo-header fields first (RFC 9113 §8.3). */
function requestFields({ method, path, headers, trailers }: UpstreamRequest, origin: string): string[] {
  const [scheme = '', authority = ''] = origin.split('://');
  const fields = [':method', method, ':scheme', scheme, ':authority', authority, ':path', path];
  for (let index = 0; index + 1 < headers.length; index += 2) {
    fields.push((headers[index] ?? '').toLowerCase(), headers[index + 1] ?? '');
  }
  if (trailers !== null && trailers.announced !== '') fields.push('trailer', trailers.announced);
  return fields;
}

function answerHead(raw: readonly string[]): { status: number; fields: string[] } {
  let status = 0;
  const fields: string[] = [];
  for (let index = 0; index + 1 < raw.length; index += 2) {
    const name = raw[index] ?? '';
    if (name === ':status') status = Number(raw[index + 1]);
    else if (!name.startsWith(':')) fields.push(name, raw[index + 1] ?? '');
  }
  return { status, fields };
}

function timeoutError(isAnswered: boolean): ProxyError {
  const where = isAnswered ? 'inside the response body' : 'waiting for the response headers';
  return new ProxyError('upstream-timeout', `timed out ${where}`);
}

/** A reset says why by name only in its message; node's own, for headers beyond its limits, looks the same. */
function streamError(error: Error): Error {
  const name = /NGHTTP2_\w+/.exec(error.message)?.[0];
  if (name === undefined) return error;
  if (name === 'NGHTTP2_ENHANCE_YOUR_CALM') {
    const message = `the response headers are too large, or the upstream asked for fewer calls (${name})`;
    return new ProxyError('upstream-headers-too-large', message, { cause: error });
  }
  const code = name === 'NGHTTP2_PROTOCOL_ERROR' ? 'upstream-protocol' : 'upstream-reset';
  return new ProxyError(code, `the upstream reset the call (${name})`, { cause: error });
}

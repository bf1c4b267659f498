/** One HTTP/2 connection, shared by as many calls as its far end allows. */
import { connect, type ClientHttp2Session, type Settings } from 'node:http2';
import type { Socket } from 'node:net';
import { ProxyError } from '#shared/errors/proxy-error.ts';
import type { Http2Call, Http2CallEnd } from './http2-call.ts';

export interface Http2ConnectionOptions {
  readonly origin: string;
  readonly maxHeaderBytes: number;
  /** Closed after so long without a call; asked for a sign of life after so long without one. */
  readonly idleTimeoutMs: number;
  /** Another call fits, or the connection is gone. */
  readonly onChange: () => void;
  /** This call may go elsewhere. */
  readonly onRepeat: (call: Http2Call) => void;
}

/** As undici's; what the far end allows may be less. */
const maxStreams = 100;
const maxHeaderFields = 1_000;
/** Of each stream: how much may be on its way while the caller reads slowly. */
const windowBytes = 256 * 1024;

export class Http2Connection {
  readonly #session: ClientHttp2Session;
  readonly #options: Http2ConnectionOptions;
  #calls = 0;
  #allowedStreams = 1;
  #isSettling = true;
  #hasCarried = false;
  #awaitsPing = false;

  private constructor(session: ClientHttp2Session, options: Http2ConnectionOptions) {
    this.#session = session;
    this.#options = options;
  }

  /** Speaks HTTP/2 on a connected socket. */
  static open(socket: Socket, options: Http2ConnectionOptions): Http2Connection {
    const session = connect(options.origin, {
      createConnection: () => socket,
      maxHeaderListPairs: maxHeaderFields,
      settings: { enablePush: false, initialWindowSize: windowBytes, maxHeaderListSize: options.maxHeaderBytes },
    });
    const connection = new Http2Connection(session, options);
    session
      // Until the settings are here, one call finds out whether there is an HTTP/2 server at all.
      .on('remoteSettings', (settings: Settings) => connection.#allow(settings.maxConcurrentStreams ?? maxStreams))
      // Each call hears of it through its own stream.
      .on('error', () => session.destroy())
      .on('goaway', () => options.onChange())
      .on('close', () => options.onChange())
      .on('timeout', () => connection.#noteSilence());
    session.setTimeout(options.idleTimeoutMs);
    session.unref();
    return connection;
  }

  get isOpen(): boolean {
    return !this.#session.closed && !this.#session.destroyed;
  }

  get hasRoom(): boolean {
    return this.isOpen && this.#calls < this.#allowedStreams;
  }

  /** Whether the far end has yet to say how many calls it takes. */
  get isSettling(): boolean {
    return this.#isSettling;
  }

  /** How many calls it carries at once. */
  get capacity(): number {
    return this.#allowedStreams;
  }

  /** Sends a call; more than fit wait inside. */
  send(call: Http2Call): void {
    this.#calls += 1;
    this.#session.ref();
    try {
      call.send({
        session: this.#session,
        wasKept: this.#hasCarried,
        onEnd: (end) => this.#endCall(call, end),
      });
    } catch (error) {
      this.#endCall(call, 'done');
      call.fail(new ProxyError('bad-request', 'the request cannot be sent as it is', { cause: error }));
    }
  }

  /** Lets the calls in flight finish. */
  close(): void {
    this.#session.close();
  }

  #allow(streams: number): void {
    this.#isSettling = false;
    this.#allowedStreams = Math.max(1, Math.min(streams, maxStreams));
    this.#options.onChange();
  }

  #endCall(call: Http2Call, end: Http2CallEnd): void {
    this.#calls -= 1;
    this.#hasCarried = true;
    if (this.#calls === 0) this.#session.unref();
    if (end === 'repeat') this.#options.onRepeat(call);
    this.#options.onChange();
  }

  /** A connection that died without a word would take every later call with it. */
  #noteSilence(): void {
    if (this.#calls === 0) return this.#session.close();
    if (this.#awaitsPing) {
      this.#session.destroy();
      return;
    }
    this.#awaitsPing = true;
    this.#session.setTimeout(this.#options.idleTimeoutMs);
    this.#session.ping(() => {
      this.#awaitsPing = false;
    });
  }
}

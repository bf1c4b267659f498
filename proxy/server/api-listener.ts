/**
 * The API's sockets: accepts connections, speaks HTTP/1.1 and h2c on each of them, and hands every request to one
 * function. Knows nothing of what a request means.
 */
import { createServer as createHttp1Server, type IncomingMessage, type ServerResponse } from 'node:http';
import {
  createServer as createHttp2Server,
  type Http2Server,
  type Http2ServerRequest,
  type Http2ServerResponse,
  type Http2Session,
  type ServerHttp2Session,
} from 'node:http2';
import { createServer as createNetServer, type Server, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { Clock } from '#shared/clock/clock.ts';
import { Exchange } from '../pipeline/exchange.ts';
import { errorReply } from '../reply/error-reply.ts';
import { replyHeaders, type Reply } from '../reply/reply.ts';
import { ProxyError } from '#shared/errors/proxy-error.ts';
import { listen, type ListenAddress } from '#shared/listener/listen.ts';
import { acceptH2cUpgrade, isH2cUpgrade } from './h2c-upgrade.ts';
import { Http1Response } from './http1-response.ts';
import { Http2Response } from './http2-response.ts';
import { detectHttpVersion } from './http-versions.ts';
import { messageFailure } from './message-failure.ts';
import { parseFailureReply } from './parse-failure.ts';
import { sendRawReply } from './raw-reply.ts';
import { Turns } from './turns.ts';

export interface ApiListenerOptions {
  readonly h2c: boolean;
  readonly maxHeaderBytes: number;
  readonly headerTimeoutMs: number;
  readonly idleTimeoutMs: number;
  readonly maxConnections: number;
  readonly clock: Clock;
  readonly onExchange: (exchange: Exchange) => void;
  readonly onWebSocket: (request: IncomingMessage, socket: Duplex, head: Buffer) => void;
}

/** How often node looks for connections whose headers are late. */
const connectionsCheckMs = 1_000;
/** Requests at once on one HTTP/2 connection, as Go's server has it. */
const maxStreams = 250;

export class ApiListener {
  readonly #options: ApiListenerOptions;
  readonly #servers: Server[] = [];
  readonly #sockets = new Set<Socket>();
  readonly #sessions = new Set<ServerHttp2Session>();
  /** Of callers whose sessions do not know it. */
  readonly #addressBySession = new WeakMap<Http2Session, string>();
  readonly #turns: Turns;
  /** Connections that bad bytes came on; nothing more is read from them. */
  readonly #failed = new WeakSet<Duplex>();
  readonly #http1;
  #http2: Http2Server | null = null;
  #isDraining = false;
  #onLastClosed: (() => void) | null = null;

  constructor(options: ApiListenerOptions) {
    this.#options = options;
    this.#turns = new Turns(options.clock);
    this.#http1 = createHttp1Server({
      maxHeaderSize: options.maxHeaderBytes,
      headersTimeout: options.headerTimeoutMs,
      requestTimeout: 0,
      keepAliveTimeout: options.idleTimeoutMs,
      connectionsCheckingInterval: connectionsCheckMs,
      noDelay: true,
      requireHostHeader: false,
      shouldUpgradeCallback: (request) => isWebSocketUpgrade(request) || (options.h2c && isH2cUpgrade(request)),
    });
    this.#http1.maxHeadersCount = 0;
    // It never listens itself, and would not watch over late headers and idle connections without this.
    this.#http1.emit('listening');
    this.#http1
      .on('request', (request, response) => this.#serveHttp1(request, response))
      .on('checkContinue', (request, response) => this.#serveHttp1(request, response))
      .on('checkExpectation', (request, response) => this.#serveHttp1(request, response))
      .on('upgrade', (request, socket, head) => this.#upgrade(request, socket, head))
      .on('connect', (_request, socket) => this.#answerInTurn(socket, methodNotImplemented))
      .on('clientError', (error: NodeJS.ErrnoException, socket) => this.#failToParse(error.code ?? '', socket));
  }

  /** Opens one more address. Rejects with one clear sentence. Resolves with the port, `null` for a socket file. */
  async listen(address: ListenAddress): Promise<number | null> {
    const server = createNetServer({ noDelay: true, pauseOnConnect: false }, (socket) => this.#accept(socket));
    const port = await listen(server, address);
    this.#servers.push(server);
    return port;
  }

  get isDraining(): boolean {
    return this.#isDraining;
  }

  /** Stops accepting; connections without a request are closed, the others when their request is done. */
  drain(): void {
    this.#isDraining = true;
    for (const server of this.#servers) server.close();
    for (const socket of this.#sockets) this.#closeAfterAnswer(socket);
    this.#http1.closeIdleConnections();
    for (const session of this.#sessions) session.close();
  }

  /** Resolves when no connection is left. */
  closed(): Promise<void> {
    if (this.#sockets.size === 0) return Promise.resolve();
    return new Promise((resolve) => {
      this.#onLastClosed = resolve;
    });
  }

  /** Cuts every connection that is left. */
  destroy(): void {
    for (const session of this.#sessions) session.destroy();
    for (const socket of this.#sockets) socket.destroy();
    this.#http1.closeAllConnections();
  }

  /** Made when the first caller speaks HTTP/2: node:http2 costs every start 40 ms, and most proxies never need it. */
  #http2Server(): Http2Server {
    if (this.#http2 !== null) return this.#http2;
    this.#http2 = createHttp2Server({
      maxHeaderListPairs: 1_000,
      maxSessionMemory: 10,
      settings: { maxConcurrentStreams: maxStreams },
    });
    this.#http2
      .on('session', (session) => this.#openSession(session))
      .on('request', (request, response) => this.#serveHttp2(request, response, { expectsContinue: false }))
      .on('checkContinue', (request, response) => this.#serveHttp2(request, response, { expectsContinue: true }));
    return this.#http2;
  }

  #accept(socket: Socket): void {
    socket.on('error', () => socket.destroy());
    if (this.#sockets.size >= this.#options.maxConnections) return sendRawReply(socket, tooManyConnections);
    this.#sockets.add(socket);
    socket.once('close', () => {
      this.#sockets.delete(socket);
      this.#turns.end(socket);
      if (this.#sockets.size === 0) this.#onLastClosed?.();
    });
    // What node:http calls after the last answer of a connection, whether or not the request has come to its end.
    socket.destroySoon = () => this.#turns.closeSoon(socket);
    if (!this.#options.h2c) {
      this.#http1.emit('connection', socket);
      return;
    }
    const silence = this.#options.clock.after(this.#options.headerTimeoutMs, () => socket.destroy());
    socket.once('close', () => silence.cancel());
    detectHttpVersion(socket, (version) => {
      silence.cancel();
      (version === 'http2' ? this.#http2Server() : this.#http1).emit('connection', socket);
    });
  }

  /** An answer whose head is out has promised to keep the connection; it is closed once the answer is complete. */
  #closeAfterAnswer(socket: Socket): void {
    const turn = this.#turns.underWay(socket);
    if (turn === null) return;
    if (!turn.response.headersSent) turn.response.shouldKeepAlive = false;
    else turn.response.once('close', () => this.#http1.closeIdleConnections());
  }

  #openSession(session: ServerHttp2Session): void {
    this.#sessions.add(session);
    session.once('close', () => this.#sessions.delete(session));
    session.on('error', () => session.destroy());
    this.#closeWhenIdle(session);
    if (this.#isDraining) session.close();
  }

  /** A session that only begins requests, and never ends their headers, holds nothing that closing would wait for. */
  #closeWhenIdle(session: ServerHttp2Session): void {
    let openStreams = 0;
    session.on('stream', (stream) => {
      openStreams += 1;
      stream.once('close', () => (openStreams -= 1));
    });
    session.setTimeout(this.#options.idleTimeoutMs);
    session.on('timeout', () => {
      session.close();
      if (openStreams === 0) session.destroy();
      else session.setTimeout(this.#options.idleTimeoutMs);
    });
  }

  #serveHttp2(
    request: Http2ServerRequest,
    response: Http2ServerResponse,
    options: { readonly expectsContinue: boolean },
  ): void {
    if (isTooLarge(request.rawHeaders, this.#options.maxHeaderBytes)) {
      const reply = parseFailureReply('HPE_HEADER_OVERFLOW');
      response.writeHead(reply.status, replyHeaders(reply)).end(reply.body);
      return;
    }
    const { session } = request.stream;
    const remoteAddress = session === undefined ? undefined : this.#addressBySession.get(session);
    this.#begin(request, new Http2Response(response, options), remoteAddress);
  }

  #serveHttp1(request: IncomingMessage, response: ServerResponse): void {
    if (!this.#turns.begin({ request, response })) return;
    if (this.#isDraining) response.shouldKeepAlive = false;
    const failure = messageFailure(request);
    if (failure === null) this.#begin(request, new Http1Response(response));
    else refuse(response, failure);
  }

  #begin(request: Exchange['request'], response: Exchange['response'], remoteAddress?: string): void {
    const startedAtMs = this.#options.clock.monotonicMs();
    this.#options.onExchange(new Exchange({ request, response, startedAtMs, remoteAddress }));
  }

  #upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    if (this.#turns.underWay(socket) !== null) return this.#answerInTurn(socket, pipelinedUpgrade);
    if (!this.#turns.mayGoOn(socket)) return;
    const failure = messageFailure(request);
    if (failure !== null) return sendRawReply(socket, failure);
    if (isWebSocketUpgrade(request)) return this.#options.onWebSocket(request, socket, head);
    const { remoteAddress = '' } = request.socket;
    const session = acceptH2cUpgrade({ request, socket, head, server: this.#http2Server() });
    if (session !== null) this.#addressBySession.set(session, remoteAddress);
  }

  /** Bad bytes get an answer in their turn: never inside or instead of the answer to the request before them. */
  #failToParse(code: string, socket: Duplex): void {
    if (code === 'ECONNRESET') return void socket.destroy();
    if (this.#failed.has(socket)) return;
    this.#failed.add(socket);
    const reply = parseFailureReply(code);
    const turn = this.#turns.inBody(socket);
    if (turn === null) return this.#answerInTurn(socket, reply);
    const { response } = turn;
    if (response.destroyed || response.writableFinished) turn.request.socket.destroySoon();
    else if (!response.headersSent) refuse(response, reply);
    else if (!response.writableEnded) socket.destroy();
  }

  /** With a reply that no request object stands for. */
  #answerInTurn(socket: Duplex, reply: Reply): void {
    this.#turns.inTurn(socket, () => sendRawReply(socket, reply));
  }
}

/** HTTP/2 has no request line, so its fields are what counts, each with the four bytes that HTTP/1.1 would put around it. */
function isTooLarge(rawHeaders: readonly string[], maxBytes: number): boolean {
  let bytes = rawHeaders.length * 2;
  for (const text of rawHeaders) bytes += text.length;
  return bytes > maxBytes;
}

/** Closes the connection too: what follows on it is not to be trusted. */
function refuse(response: ServerResponse, reply: Reply): void {
  response.shouldKeepAlive = false;
  response.writeHead(reply.status, replyHeaders(reply));
  response.end(reply.body);
}

/** With a body, or in HTTP/1.0 (RFC 9110 §7.8), the wish to upgrade is ignored. */
function isWebSocketUpgrade(request: IncomingMessage): boolean {
  const { headers } = request;
  return (
    request.method === 'GET' &&
    headers.upgrade?.toLowerCase() === 'websocket' &&
    request.httpVersion === '1.1' &&
    headers['transfer-encoding'] === undefined &&
    (headers['content-length'] ?? '0') === '0'
  );
}

const tooManyConnections = errorReply(new ProxyError('overloaded', 'too many connections are open'), {
  target: '',
  daprErrorStatuses: false,
});
const pipelinedUpgrade = errorReply(new ProxyError('bad-request', 'an Upgrade waits for the answers before it'), {
  target: '',
  daprErrorStatuses: false,
});
const methodNotImplemented = errorReply(new ProxyError('method-not-implemented', 'CONNECT is not served'), {
  target: '',
  daprErrorStatuses: false,
});

/**
 * The API's sockets: accepts connections, speaks HTTP/1.1 and h2c on each of them, and hands every request to one
 * function. Knows nothing of what a request means.
 */
import { createServer as createHttp1Server, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createHttp2Server, type ServerHttp2Session } from 'node:http2';
import { createServer as createNetServer, type Server, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { Clock } from '#shared/clock/clock.ts';
import { Exchange } from '../pipeline/exchange.ts';
import { errorReply } from '../reply/error-reply.ts';
import { ProxyError } from '#shared/errors/proxy-error.ts';
import { acceptH2cUpgrade, isH2cUpgrade } from './h2c-upgrade.ts';
import { Http1Response } from './http1-response.ts';
import { Http2Response } from './http2-response.ts';
import { detectHttpVersion } from './http-versions.ts';
import { listen, type ListenAddress } from './listen.ts';
import { parseFailureReply } from './parse-failure.ts';
import { sendRawReply } from './raw-reply.ts';

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

export class ApiListener {
  readonly #options: ApiListenerOptions;
  readonly #servers: Server[] = [];
  readonly #sockets = new Set<Socket>();
  readonly #sessions = new Set<ServerHttp2Session>();
  readonly #exchangesBySocket = new WeakMap<Duplex, Exchange>();
  readonly #http1;
  readonly #http2;
  #isDraining = false;

  constructor(options: ApiListenerOptions) {
    this.#options = options;
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
    this.#http1
      .on('request', (request, response) => this.#serveHttp1(request, response))
      .on('checkContinue', (request, response) => this.#serveHttp1(request, response))
      .on('checkExpectation', (request, response) => this.#serveHttp1(request, response))
      .on('upgrade', (request, socket, head) => this.#upgrade(request, socket, head))
      .on('connect', (_request, socket) => sendRawReply(socket, methodNotImplemented))
      .on('clientError', (error: NodeJS.ErrnoException, socket) => this.#failToParse(error.code ?? '', socket));
    this.#http2 = createHttp2Server({ maxHeaderListPairs: 1_000, maxSessionMemory: 10 });
    this.#http2
      .on('session', (session) => this.#openSession(session))
      .on('request', (request, response) => {
        this.#begin(request, new Http2Response(response, { expectsContinue: false }));
      })
      .on('checkContinue', (request, response) => {
        this.#begin(request, new Http2Response(response, { expectsContinue: true }));
      });
  }

  /** Opens one more address. Rejects with one clear sentence. Resolves with the port, `null` for a socket file. */
  async listen(address: ListenAddress): Promise<number | null> {
    const server = createNetServer({ noDelay: true, pauseOnConnect: false }, (socket) => this.#accept(socket));
    await listen(server, address);
    this.#servers.push(server);
    const bound = server.address();
    return bound !== null && typeof bound === 'object' ? bound.port : null;
  }

  get isDraining(): boolean {
    return this.#isDraining;
  }

  /** Stops accepting; connections without a request are closed, the others when their request is done. */
  drain(): void {
    this.#isDraining = true;
    for (const server of this.#servers) server.close();
    this.#http1.closeIdleConnections();
    for (const session of this.#sessions) session.close();
  }

  /** Cuts every connection that is left. */
  destroy(): void {
    for (const session of this.#sessions) session.destroy();
    for (const socket of this.#sockets) socket.destroy();
    this.#http1.closeAllConnections();
  }

  #accept(socket: Socket): void {
    socket.on('error', () => socket.destroy());
    if (this.#sockets.size >= this.#options.maxConnections) return sendRawReply(socket, tooManyConnections);
    this.#sockets.add(socket);
    socket.once('close', () => this.#sockets.delete(socket));
    if (!this.#options.h2c) {
      this.#http1.emit('connection', socket);
      return;
    }
    const silence = this.#options.clock.after(this.#options.headerTimeoutMs, () => socket.destroy());
    socket.once('close', () => silence.cancel());
    detectHttpVersion(socket, (version) => {
      silence.cancel();
      (version === 'http2' ? this.#http2 : this.#http1).emit('connection', socket);
    });
  }

  #openSession(session: ServerHttp2Session): void {
    this.#sessions.add(session);
    session.once('close', () => this.#sessions.delete(session));
    session.on('error', () => session.destroy());
    session.setTimeout(this.#options.idleTimeoutMs, () => session.close());
    if (this.#isDraining) session.close();
  }

  #serveHttp1(request: IncomingMessage, response: ServerResponse): void {
    if (this.#isDraining) response.shouldKeepAlive = false;
    const exchange = this.#begin(request, new Http1Response(response));
    this.#exchangesBySocket.set(request.socket, exchange);
  }

  #begin(request: Exchange['request'], response: Exchange['response']): Exchange {
    const exchange = new Exchange({ request, response, startedAtMs: this.#options.clock.monotonicMs() });
    this.#options.onExchange(exchange);
    return exchange;
  }

  #upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    if (isWebSocketUpgrade(request)) return this.#options.onWebSocket(request, socket, head);
    acceptH2cUpgrade({ request, socket, head, server: this.#http2 });
  }

  /** Bad bytes after an answer has begun can only end the connection. */
  #failToParse(code: string, socket: Duplex): void {
    const exchange = this.#exchangesBySocket.get(socket);
    const isAnswering = exchange !== undefined && exchange.response.isHeadSent && !exchange.response.isClosed;
    if (code === 'ECONNRESET' || isAnswering) {
      socket.destroy();
      return;
    }
    sendRawReply(socket, parseFailureReply(code));
  }
}

function isWebSocketUpgrade(request: IncomingMessage): boolean {
  return request.method === 'GET' && request.headers.upgrade?.toLowerCase() === 'websocket';
}

const tooManyConnections = errorReply(new ProxyError('overloaded', 'too many connections are open'), {
  target: '',
  daprErrorStatuses: false,
});
const methodNotImplemented = errorReply(new ProxyError('method-not-implemented', 'CONNECT is not served'), {
  target: '',
  daprErrorStatuses: false,
});

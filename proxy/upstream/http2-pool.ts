/** The HTTP/2 connections to one origin, and the calls that wait for one. Also finds out which version an origin speaks. */
import type { Socket } from 'node:net';
import type { Dispatcher } from 'undici';
import type { ConnectCallback } from './connector.ts';
import { Http2Call } from './http2-call.ts';
import { Http2Connection } from './http2-connection.ts';
import type { UpstreamRequest } from './upstream-request.ts';

export interface Http2PoolOptions {
  readonly origin: string;
  readonly maxConnections: number;
  readonly maxHeaderBytes: number;
  readonly idleTimeoutMs: number;
  readonly responseHeaderTimeoutMs: number;
  readonly responseIdleTimeoutMs: number;
  readonly dial: (callback: ConnectCallback) => void;
  /** The far end chose HTTP/1.1: the connection is yours, and the calls that waited for it. */
  readonly onHttp1: (socket: Socket, calls: readonly Http2Call[]) => void;
}

export class Http2Pool {
  readonly #options: Http2PoolOptions;
  readonly #waiting = new Set<Http2Call>();
  #connections: readonly Http2Connection[] = [];
  #dialling = 0;
  /** What the last connection carried at once. */
  #capacity = Number.POSITIVE_INFINITY;
  #isClosed = false;

  constructor(options: Http2PoolOptions) {
    this.#options = options;
  }

  /** Sends the request when there is a connection for it; every failure goes to the handler. */
  send(request: UpstreamRequest, handler: Dispatcher.DispatchHandler): void {
    const { origin, responseHeaderTimeoutMs, responseIdleTimeoutMs } = this.#options;
    this.#isClosed = false;
    const call = new Http2Call({ request, handler, origin, responseHeaderTimeoutMs, responseIdleTimeoutMs });
    call.announce(() => this.#waiting.delete(call));
    if (!call.isSettled) this.#place(call);
  }

  /** No call is left. */
  close(): void {
    this.#isClosed = true;
    for (const connection of this.#connections) connection.close();
  }

  #place(call: Http2Call): void {
    const connection = this.#connections.find(({ hasRoom }) => hasRoom);
    if (connection !== undefined) return connection.send(call);
    this.#waiting.add(call);
    this.#dialForWaiting();
  }

  /** As many as the waiting calls will fill, one at a time while the far end is a stranger. */
  #dialForWaiting(): void {
    if (this.#connections.some(({ isSettling }) => isSettling)) return;
    const wanted = Math.ceil(this.#waiting.size / this.#capacity) || 1;
    const free = this.#options.maxConnections - this.#connections.length;
    while (this.#waiting.size > 0 && this.#dialling < Math.min(wanted, free)) {
      this.#dial();
    }
  }

  #dial(): void {
    this.#dialling += 1;
    const settle: ConnectCallback = (...[error, socket]) => {
      this.#dialling -= 1;
      if (error === null) this.#connected(socket);
      else this.#failWaiting(error);
    };
    try {
      this.#options.dial(settle);
    } catch (error) {
      settle(error instanceof Error ? error : new Error('the connection could not be opened', { cause: error }), null);
    }
  }

  #connected(socket: Socket): void {
    if ('alpnProtocol' in socket && socket.alpnProtocol !== 'h2') {
      const calls = [...this.#waiting];
      this.#waiting.clear();
      this.#options.onHttp1(socket, calls);
      return;
    }
    const { origin, maxHeaderBytes, idleTimeoutMs } = this.#options;
    const connection = Http2Connection.open(socket, {
      origin,
      maxHeaderBytes,
      idleTimeoutMs,
      onChange: () => this.#change(connection),
      onRepeat: (call) => this.#place(call),
    });
    this.#connections = [...this.#connections, connection];
    if (this.#isClosed) connection.close();
    this.#placeWaiting();
  }

  #change(connection: Http2Connection): void {
    if (connection.isOpen) this.#capacity = connection.capacity;
    else this.#connections = this.#connections.filter((other) => other !== connection);
    this.#placeWaiting();
  }

  #placeWaiting(): void {
    for (const connection of this.#connections) {
      for (const call of this.#waiting) {
        if (!connection.hasRoom) break;
        this.#waiting.delete(call);
        connection.send(call);
      }
    }
    if (this.#waiting.size > 0) this.#dialForWaiting();
  }

  /** While a connection lives, the calls wait for room on it. */
  #failWaiting(error: Error): void {
    if (this.#connections.length > 0 || this.#dialling > 0) return;
    const calls = [...this.#waiting];
    this.#waiting.clear();
    for (const call of calls) call.fail(error);
  }
}

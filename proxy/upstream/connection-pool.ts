/** The connections to one origin under one TLS identity. */
import type { Socket } from 'node:net';
import Pool from 'undici/lib/dispatcher/pool.js';
import type { Dispatcher } from 'undici';
import type { BaseUrl, ClientTls } from '#shared/table/endpoint-table.ts';
import {
  createConnector,
  proxyAuthorization,
  type ConnectCallback,
  type Connector,
  type ConnectTarget,
  type OwnAddressTest,
} from './connector.ts';
import { environmentProxy, type EnvironmentProxySettings } from './environment-proxy.ts';
import type { Http2Call } from './http2-call.ts';
import { Http2Pool } from './http2-pool.ts';
import { KeptConnection } from './kept-connection.ts';
import { sendWithTrailers } from './send-with-trailers.ts';
import { tlsOptions, type TlsOptions } from './tls-options.ts';
import type { TrustedRoots } from './trusted-roots.ts';
import type { UpstreamRequest } from './upstream-request.ts';

export interface ConnectionPoolSettings extends EnvironmentProxySettings {
  readonly connectTimeoutMs: number;
  readonly responseHeaderTimeoutMs: number;
  readonly responseIdleTimeoutMs: number;
}

export interface ConnectionPoolOptions {
  readonly origin: BaseUrl['origin'];
  readonly tls: ClientTls | null;
  readonly roots: TrustedRoots;
  readonly settings: ConnectionPoolSettings;
  /** `h2c`: HTTP/2 without TLS by prior knowledge. `negotiate`: HTTP/2 when TLS agrees on it. */
  readonly http2: 'negotiate' | 'h2c' | 'never';
  /** Whether HTTP_PROXY and HTTPS_PROXY count. */
  readonly viaEnvironmentProxy: boolean;
  readonly isOwnAddress: OwnAddressTest;
}

/** Idle connections stay this long: longer than a burst's pauses, shorter than the servers' usual 60 to 75 s. */
const keepAliveTimeoutMs = 30_000;
/** As Dapr's MaxConnsPerHost (spec/invocation.md §6). */
const maxConnections = 1024;
const maxResponseHeaderBytes = 64 * 1024;

/** Opens its connections at the first call, and closes them when it is retired and the last call has ended. */
export class ConnectionPool {
  readonly #options: ConnectionPoolOptions;
  /** A plain-HTTP proxy from the environment, which takes the absolute form (RFC 9112 §3.2.2); `null`: none. */
  readonly #forwardProxy: URL | null;
  readonly #tunnelUrl: string | null;
  /** Null where HTTP/2 is out of the question. */
  readonly #http2: Http2Pool | null;
  #isHttp1: boolean;
  /** Made once: to read the certificates for each connection would cost more than its handshake. */
  #tls: TlsOptions | null = null;
  /** A connection that came out as HTTP/1.1 when it was to be seen what the origin speaks. */
  #spareSocket: Socket | null = null;
  #pool: Pool | null = null;
  #callsInFlight = 0;
  #isRetired = false;

  constructor(options: ConnectionPoolOptions) {
    this.#options = options;
    const proxyUrl = options.viaEnvironmentProxy ? proxyFor(options.origin, options.settings) : null;
    const isSecure = options.origin.startsWith('https:');
    this.#tunnelUrl = isSecure ? proxyUrl : null;
    this.#forwardProxy = isSecure || proxyUrl === null ? null : new URL(proxyUrl);
    this.#http2 = options.http2 === 'h2c' || (isSecure && options.http2 === 'negotiate') ? this.#http2Pool() : null;
    this.#isHttp1 = this.#http2 === null;
  }

  get origin(): string {
    return this.#options.origin;
  }

  /** Opens one HTTP/1.1 connection for a call that does not go through undici (Upgrade), tunnelled where a proxy is set. */
  connect(callback: ConnectCallback): void {
    this.#connector('never', this.#tunnelUrl ?? this.#forwardProxy?.href ?? null)(dialTarget(this.origin), callback);
  }

  /** Marks the begin of a call; every `begin` is owed an `end`. */
  begin(): void {
    this.#callsInFlight += 1;
  }

  end(): void {
    this.#callsInFlight -= 1;
    this.#closeWhenUnused();
  }

  /** No new calls will begin: what runs finishes on the connections it has. */
  retire(): void {
    this.#isRetired = true;
    this.#closeWhenUnused();
  }

  /** Sends one request. Throws what reading the TLS material throws; everything later goes to the handler. */
  dispatch(request: UpstreamRequest, handler: Dispatcher.DispatchHandler): void {
    if (this.#http2 !== null && !this.#isHttp1) this.#http2.send(request, handler);
    else this.#dispatchHttp1(request, handler);
  }

  #dispatchHttp1(request: UpstreamRequest, handler: Dispatcher.DispatchHandler): void {
    if (request.trailers !== null && request.trailers.announced !== '') return sendWithTrailers(request, handler, this);
    this.#pool ??= this.#open();
    if (this.#forwardProxy === null) {
      this.#pool.dispatch(request, handler);
      return;
    }
    const host = this.origin.slice('http://'.length);
    const headers = [
      ...request.headers,
      'Host',
      host,
      ...Object.entries(proxyAuthorization(this.#forwardProxy)).flat(),
    ];
    this.#pool.dispatch({ ...request, path: `${this.origin}${request.path}`, headers }, handler);
  }

  #http2Pool(): Http2Pool {
    const { origin, settings, http2 } = this.#options;
    let dial: Connector | null = null;
    return new Http2Pool({
      origin,
      maxConnections,
      maxHeaderBytes: maxResponseHeaderBytes,
      idleTimeoutMs: keepAliveTimeoutMs,
      responseHeaderTimeoutMs: settings.responseHeaderTimeoutMs,
      responseIdleTimeoutMs: settings.responseIdleTimeoutMs,
      dial: (callback) => {
        dial ??= this.#connector(http2, this.#tunnelUrl);
        dial(dialTarget(origin), callback);
      },
      onHttp1: (socket, calls) => this.#adoptHttp1(socket, calls),
    });
  }

  /** The origin speaks HTTP/1.1: undici takes over, with the connection that found out. */
  #adoptHttp1(socket: Socket, calls: readonly Http2Call[]): void {
    this.#isHttp1 = true;
    this.#spareSocket?.destroy();
    this.#spareSocket = socket;
    for (const call of calls) call.handOver((request, handler) => this.#dispatchHttp1(request, handler));
  }

  #open(): Pool {
    const { origin, settings } = this.#options;
    const dial = this.#connector('never', this.#tunnelUrl);
    return new Pool(this.#forwardProxy?.origin ?? origin, {
      connections: maxConnections,
      factory: (url, options) => new KeptConnection(url, options),
      connect: (target, callback) => {
        const spare = this.#spareSocket;
        this.#spareSocket = null;
        // Not at once: undici goes on only with a socket that comes later.
        if (spare?.destroyed === false) return queueMicrotask(() => callback(null, spare));
        dial(this.#forwardProxy === null ? target : withoutServerName(target), (...[error, socket]) => {
          if (error === null) return callback(null, socket);
          // The next call finds out anew what the origin speaks.
          this.#isHttp1 = this.#http2 === null;
          callback(error, null);
        });
      },
      allowH2: false,
      headersTimeout: settings.responseHeaderTimeoutMs,
      bodyTimeout: settings.responseIdleTimeoutMs,
      keepAliveTimeout: keepAliveTimeoutMs,
      maxHeaderSize: maxResponseHeaderBytes,
    });
  }

  #connector(http2: ConnectionPoolOptions['http2'], tunnelUrl: string | null): Connector {
    const { tls, roots, settings, isOwnAddress } = this.#options;
    const isSecure = (this.#forwardProxy?.origin ?? this.origin).startsWith('https:');
    this.#tls ??= isSecure ? tlsOptions(this.#forwardProxy === null ? tls : null, roots) : {};
    return createConnector({
      connectTimeoutMs: settings.connectTimeoutMs,
      tls: this.#tls,
      http2,
      tunnel: tunnelUrl === null ? null : { url: tunnelUrl, roots },
      isOwnAddress,
    });
  }

  #closeWhenUnused(): void {
    if (!this.#isRetired || this.#callsInFlight > 0) return;
    const pool = this.#pool;
    this.#pool = null;
    this.#spareSocket?.destroy();
    this.#http2?.close();
    // No call is left, so closing waits for idle sockets only, and there is nobody to tell when it fails.
    void pool?.close();
  }
}

function proxyFor(origin: string, settings: EnvironmentProxySettings): string | null {
  const url = new URL(origin);
  const secure = url.protocol === 'https:';
  const host = url.hostname.replace(/^\[(.*)\]$/, '$1');
  return environmentProxy({ secure, host, port: Number(portOf(url)) }, settings);
}

function dialTarget(origin: string): ConnectTarget {
  const url = new URL(origin);
  return {
    hostname: url.hostname.replace(/^\[(.*)\]$/, '$1'),
    host: url.host,
    protocol: url.protocol,
    port: portOf(url),
  };
}

/** undici takes the name from the Host field, which is the upstream's; it is the proxy that must prove who it is. */
function withoutServerName({ hostname, host, protocol, port }: ConnectTarget): ConnectTarget {
  return { hostname, port, protocol, ...(host === undefined ? {} : { host }) };
}

function portOf(url: URL): string {
  if (url.port !== '') return url.port;
  return url.protocol === 'https:' ? '443' : '80';
}

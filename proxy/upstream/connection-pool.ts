/** The connections to one origin under one TLS identity. */
import Pool from 'undici/lib/dispatcher/pool.js';
import type { Dispatcher } from 'undici';
import type { BaseUrl, ClientTls } from '#shared/table/endpoint-table.ts';
import { createConnector, proxyAuthorization, type ConnectCallback, type Connector, type OwnAddressTest } from './connector.ts';
import { environmentProxy, type EnvironmentProxySettings } from './environment-proxy.ts';
import { tlsOptions } from './tls-options.ts';
import type { TrustedRoots } from './trusted-roots.ts';

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
  #pool: Pool | null = null;
  #callsInFlight = 0;
  #isRetired = false;

  constructor(options: ConnectionPoolOptions) {
    this.#options = options;
    const proxyUrl = options.viaEnvironmentProxy ? proxyFor(options.origin, options.settings) : null;
    const isSecure = options.origin.startsWith('https:');
    this.#tunnelUrl = isSecure ? proxyUrl : null;
    this.#forwardProxy = isSecure || proxyUrl === null ? null : new URL(proxyUrl);
  }

  get origin(): string {
    return this.#options.origin;
  }

  /** False where HTTP/2 is known beforehand. */
  get canSpeakHttp1(): boolean {
    return this.#options.http2 !== 'h2c';
  }

  /** Opens one HTTP/1.1 connection for a call that does not go through undici (Upgrade), tunnelled where a proxy is set. */
  connect(callback: ConnectCallback): void {
    const url = new URL(this.origin);
    const connect = this.#connector('never', this.#tunnelUrl ?? this.#forwardProxy?.href ?? null);
    connect({ hostname: url.hostname.replace(/^\[(.*)\]$/, '$1'), host: url.host, protocol: url.protocol, port: portOf(url) }, callback);
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
  dispatch(options: Dispatcher.DispatchOptions, handler: Dispatcher.DispatchHandler): void {
    this.#pool ??= this.#open();
    if (this.#forwardProxy === null) {
      this.#pool.dispatch(options, handler);
      return;
    }
    const host = this.origin.slice('http://'.length);
    const added = ['Host', host, ...Object.entries(proxyAuthorization(this.#forwardProxy)).flat()];
    const headers = [...(Array.isArray(options.headers) ? options.headers : []), ...added];
    this.#pool.dispatch({ ...options, path: `${this.origin}${options.path}`, headers }, handler);
  }

  #open(): Pool {
    const { origin, settings, http2 } = this.#options;
    const dialled = this.#forwardProxy?.origin ?? origin;
    const isSecure = dialled.startsWith('https:');
    const connect = this.#connector(isSecure || http2 === 'h2c' ? http2 : 'never', this.#tunnelUrl);
    return new Pool(dialled, {
      connections: maxConnections,
      connect,
      allowH2: http2 !== 'never',
      headersTimeout: settings.responseHeaderTimeoutMs,
      bodyTimeout: settings.responseIdleTimeoutMs,
      keepAliveTimeout: keepAliveTimeoutMs,
      maxHeaderSize: maxResponseHeaderBytes,
      ...(http2 === 'h2c' ? { useH2c: true } : {}),
    });
  }

  #connector(http2: ConnectionPoolOptions['http2'], tunnelUrl: string | null): Connector {
    const { origin, tls, roots, settings, isOwnAddress } = this.#options;
    return createConnector({
      connectTimeoutMs: settings.connectTimeoutMs,
      tls: origin.startsWith('https:') ? tlsOptions(tls, roots) : {},
      http2,
      tunnelUrl,
      isOwnAddress,
    });
  }

  #closeWhenUnused(): void {
    if (!this.#isRetired || this.#callsInFlight > 0 || this.#pool === null) return;
    const pool = this.#pool;
    this.#pool = null;
    // No call is left, so closing waits for idle sockets only, and there is nobody to tell when it fails.
    void pool.close();
  }
}

function proxyFor(origin: string, settings: EnvironmentProxySettings): string | null {
  const url = new URL(origin);
  const secure = url.protocol === 'https:';
  const host = url.hostname.replace(/^\[(.*)\]$/, '$1');
  return environmentProxy({ secure, host, port: Number(portOf(url)) }, settings);
}

function portOf(url: URL): string {
  if (url.port !== '') return url.port;
  return url.protocol === 'https:' ? '443' : '80';
}

/** The connections to one origin under one TLS identity. */
import type { ConnectionOptions } from 'node:tls';
import type { Dispatcher } from 'undici';
import Pool from 'undici/lib/dispatcher/pool.js';
import type { BaseUrl, ClientTls } from '#shared/table/endpoint-table.ts';
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
}

/** Idle connections stay this long: longer than a burst's pauses, shorter than the servers' usual 60 to 75 s. */
const keepAliveTimeoutMs = 30_000;
/** As Dapr's MaxConnsPerHost (spec/invocation.md §6). */
const maxConnections = 1024;
const maxResponseHeaderBytes = 64 * 1024;

/** Opens its connections at the first call, and closes them when it is retired and the last call has ended. */
export class ConnectionPool {
  readonly #options: ConnectionPoolOptions;
  #dispatcher: Promise<Dispatcher> | Dispatcher | null = null;
  #callsInFlight = 0;
  #isRetired = false;

  constructor(options: ConnectionPoolOptions) {
    this.#options = options;
  }

  get origin(): string {
    return this.#options.origin;
  }

  /** For calls that do not go through undici (Upgrade). */
  tlsOptions(): ConnectionOptions {
    return tlsOptions(this.#options.tls, this.#options.roots);
  }

  /** The proxy between here and the origin, or `null`. */
  proxyUrl(): string | null {
    if (!this.#options.viaEnvironmentProxy) return null;
    const url = new URL(this.#options.origin);
    const secure = url.protocol === 'https:';
    const host = url.hostname.replace(/^\[(.*)\]$/, '$1');
    const port = url.port === '' ? (secure ? 443 : 80) : Number(url.port);
    return environmentProxy({ secure, host, port }, this.#options.settings);
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

  /** The dispatcher, at once after the first call. Throws what reading the TLS material throws. */
  dispatcher(): Promise<Dispatcher> | Dispatcher {
    this.#dispatcher ??= this.#open();
    return this.#dispatcher;
  }

  #open(): Dispatcher | Promise<Dispatcher> {
    const { origin, settings, http2 } = this.#options;
    const secure = origin.startsWith('https:');
    const tls = secure ? this.tlsOptions() : {};
    const connect = { timeout: settings.connectTimeoutMs, ...tls };
    const options = {
      connections: maxConnections,
      pipelining: 1,
      headersTimeout: settings.responseHeaderTimeoutMs,
      bodyTimeout: settings.responseIdleTimeoutMs,
      keepAliveTimeout: keepAliveTimeoutMs,
      maxHeaderSize: maxResponseHeaderBytes,
      allowH2: http2 === 'negotiate' && secure,
    };
    const proxyUrl = this.proxyUrl();
    if (proxyUrl !== null) return openThroughProxy({ ...options, uri: proxyUrl, requestTls: connect });
    if (http2 === 'h2c') return openH2c(origin, { ...options, connect });
    return new Pool(origin, { ...options, connect });
  }

  #closeWhenUnused(): void {
    if (!this.#isRetired || this.#callsInFlight > 0 || this.#dispatcher === null) return;
    const dispatcher = this.#dispatcher;
    this.#dispatcher = null;
    // Closing waits for nothing but idle sockets here, so there is nobody to tell when it fails.
    void Promise.resolve(dispatcher).then((open) => open.close());
  }
}

async function openThroughProxy(options: {
  uri: string;
  requestTls: object;
  allowH2: boolean;
}): Promise<Dispatcher> {
  const { default: ProxyAgent } = await import('undici/lib/dispatcher/proxy-agent.js');
  return new ProxyAgent(options);
}

async function openH2c(origin: string, options: object): Promise<Dispatcher> {
  const { default: H2CClient } = await import('undici/lib/dispatcher/h2c-client.js');
  return new Pool(origin, { ...options, factory: (url, clientOptions) => new H2CClient(url, { ...clientOptions, pipelining: 100 }) });
}

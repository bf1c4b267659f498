/** Makes upstreams: which connections, which header rules and which limit each kind of target gets. */
import { readFileSync } from 'node:fs';
import { rootCaMistake } from '#shared/compile/check-pem.ts';
import { ConfigError } from '#shared/errors/config-error.ts';
import type { AppSettings, ProxySettings } from '#shared/settings/proxy-settings.ts';
import type { ReadyEndpoint } from '#shared/table/endpoint-table.ts';
import { Sensitive } from '#shared/table/sensitive.ts';
import { ConcurrencyLimiter } from '../policy/concurrency-limiter.ts';
import { ConnectionPool } from './connection-pool.ts';
import type { OwnAddressTest } from './connector.ts';
import type { SetHeader } from './request-headers.ts';
import { TrustedRoots } from './trusted-roots.ts';
import type { Upstream } from './upstream.ts';

export interface UpstreamFactoryOptions {
  readonly settings: ProxySettings;
  readonly isOwnAddress: OwnAddressTest;
}

/** `null` makes a new one. */
export interface KeptParts {
  readonly pool: ConnectionPool | null;
  readonly limiter: ConcurrencyLimiter | null;
}

const httpByProtocol = { http: 'never', https: 'never', h2c: 'h2c' } as const;

export class UpstreamFactory {
  readonly #options: UpstreamFactoryOptions;
  readonly #roots = new TrustedRoots();
  /** All URLs share one count (spec/invocation.md §6: the generic channel). */
  readonly #urlLimiter: ConcurrencyLimiter;

  constructor(options: UpstreamFactoryOptions) {
    this.#options = options;
    this.#urlLimiter = this.#limiter();
  }

  /** `kept`: what the endpoint's former version hands on, its connections and its count of calls. */
  forEndpoint(endpoint: ReadyEndpoint, kept: KeptParts): Upstream {
    const { baseUrl, tls } = endpoint;
    return {
      target: { kind: 'endpoint', label: endpoint.name },
      base: { path: baseUrl.path, query: baseUrl.query },
      pool: kept.pool ?? this.#pool({ origin: baseUrl.origin, tls, http2: 'negotiate', viaEnvironmentProxy: true }),
      headerRules: {
        set: endpoint.headers.map(({ name, value }) => setHeader(name, value.reveal())),
        authorization: baseUrl.authorization?.reveal() ?? null,
      },
      limiter: kept.limiter ?? this.#limiter(),
    };
  }

  forOrigin(origin: string): Upstream {
    return {
      target: { kind: 'url', label: origin },
      base: { path: '', query: '' },
      pool: this.#pool({ origin, tls: null, http2: 'negotiate', viaEnvironmentProxy: true }),
      headerRules: { set: [], authorization: null },
      limiter: this.#urlLimiter,
    };
  }

  /** The application beside the proxy, which alone gets APP_API_TOKEN. Throws ConfigError when its CA file cannot be used. */
  forApp(app: AppSettings & { readonly protocol: keyof typeof httpByProtocol }): Upstream {
    const { appId, namespace, appApiToken } = this.#options.settings;
    const scheme = app.protocol === 'https' ? 'https' : 'http';
    const host = app.channelAddress.includes(':')
      ? `[${app.channelAddress.replace(/^\[|\]$/g, '')}]`
      : app.channelAddress;
    const rootCa = app.protocol === 'https' && app.caFile !== '' ? readRoots(app.caFile) : null;
    const token = appApiToken === null ? [] : [setHeader('dapr-api-token', appApiToken.reveal())];
    return {
      target: { kind: 'app', label: appId },
      base: { path: '', query: '' },
      pool: this.#pool({
        origin: `${scheme}://${host}:${app.port}`,
        tls: rootCa === null ? null : { rootCa, identity: null },
        http2: httpByProtocol[app.protocol],
        viaEnvironmentProxy: false,
      }),
      headerRules: {
        set: [
          setHeader('dapr-caller-app-id', appId),
          setHeader('dapr-caller-namespace', namespace),
          setHeader('dapr-callee-app-id', appId),
          ...token,
        ],
        authorization: null,
      },
      limiter: this.#limiter(),
    };
  }

  /** Connections for calls of the proxy's own (middleware). `rootCa` replaces the proxy's roots. */
  openPool(origin: string, rootCa: Sensitive | null): ConnectionPool {
    const tls = rootCa === null ? null : { rootCa, identity: null };
    return this.#pool({ origin, tls, http2: 'never', viaEnvironmentProxy: true });
  }

  #pool(
    options: Pick<ConstructorParameters<typeof ConnectionPool>[0], 'origin' | 'tls' | 'http2' | 'viaEnvironmentProxy'>,
  ): ConnectionPool {
    const { settings, isOwnAddress } = this.#options;
    return new ConnectionPool({ ...options, roots: this.#roots, settings: settings.upstream, isOwnAddress });
  }

  #limiter(): ConcurrencyLimiter {
    const { appMaxConcurrency, limits } = this.#options.settings;
    return new ConcurrencyLimiter({ maxConcurrent: appMaxConcurrency, maxQueued: limits.maxQueuedRequests });
  }
}

function setHeader(name: string, value: string): SetHeader {
  return { lowerName: name.toLowerCase(), name, value };
}

function readRoots(file: string): Sensitive {
  let pem: string;
  try {
    pem = readFileSync(file, 'utf8');
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown error';
    throw new ConfigError([`--app-ca-file: ${file} cannot be read (${code}).`]);
  }
  const mistake = rootCaMistake(pem);
  if (mistake !== null) throw new ConfigError([`--app-ca-file: ${file} cannot be used: ${mistake.message}.`]);
  return new Sensitive(pem, { ref: 'app CA file', version: '' });
}

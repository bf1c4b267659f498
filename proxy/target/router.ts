/**
 * The live side of a table: who is called for a name. A new table is one assignment; endpoints that did not change
 * keep their upstream, and those that are gone finish the calls they have.
 */
import type { Endpoint, EndpointTable, ReadyEndpoint } from '#shared/table/endpoint-table.ts';
import { parseBaseUrl } from '#shared/table/base-url.ts';
import { ProxyError } from '#shared/errors/proxy-error.ts';
import type { UrlCalls } from '#shared/settings/url-calls.ts';
import { checkUrlCall } from '../policy/url-calls.ts';
import { withoutUserInfo } from '../telemetry/without-user-info.ts';
import type { Upstream } from '../upstream/upstream.ts';
import type { UpstreamFactory } from '../upstream/upstream-factory.ts';
import { isUrlTarget } from './parse-target.ts';
import type { UrlUpstreams } from './url-upstreams.ts';

/** Where to send a call. */
export interface Route {
  readonly upstream: Upstream;
  readonly base: { readonly path: string; readonly query: string };
  /** `Basic …` of the URL itself, `null` when the upstream's own rules decide. */
  readonly authorization: string | null;
}

/** Finds applications by id. Null: not known. Throws ProxyError when it is known and cannot be called. */
export type AppResolver = (app: { readonly appId: string; readonly namespace: string }) => Upstream | null;

export interface RouterOptions {
  readonly appId: string;
  readonly namespace: string;
  readonly factory: UpstreamFactory;
  readonly urlUpstreams: UrlUpstreams;
  readonly urlCalls: UrlCalls;
  readonly resolveApp: AppResolver;
}

interface LiveEndpoint {
  readonly endpoint: Endpoint;
  /** Null when the endpoint is refused. */
  readonly upstream: Upstream | null;
}

export class Router {
  readonly #options: RouterOptions;
  #liveByName: ReadonlyMap<string, LiveEndpoint> = new Map();
  #table: EndpointTable | null = null;

  constructor(options: RouterOptions) {
    this.#options = options;
  }

  /** Null until the first table. */
  get table(): EndpointTable | null {
    return this.#table;
  }

  apply(table: EndpointTable): void {
    const before = this.#liveByName;
    const liveByName = new Map<string, LiveEndpoint>();
    for (const [name, endpoint] of table.endpointsByName) {
      const present = before.get(name);
      const isSame = present?.endpoint.revision === endpoint.revision && present.endpoint.state === endpoint.state;
      liveByName.set(name, isSame && present !== undefined ? present : this.#enliven(endpoint, present));
    }
    this.#liveByName = liveByName;
    this.#table = table;
    for (const [name, live] of before) {
      const pool = live.upstream?.pool;
      if (pool !== undefined && liveByName.get(name)?.upstream?.pool !== pool) pool.retire();
    }
  }

  /** HTTPEndpoint before URL before appID; an exact name before any split on dots. Throws ProxyError. */
  resolve(target: string): Route {
    if (this.#table === null) throw new ProxyError('not-ready', 'invoke API is not ready');
    const exact = this.#liveByName.get(target);
    if (exact !== undefined) return endpointRoute(exact);
    if (isUrlTarget(target)) return this.#urlRoute(target);
    const [appId = '', namespace = this.#options.namespace, ...rest] = target.split('.');
    if (rest.length > 0 || appId === '' || namespace === '')
      throw new ProxyError('target-invalid', `invalid app id ${withoutUserInfo(target)}`);
    const local = namespace === this.#options.namespace ? this.#liveByName.get(appId) : undefined;
    if (local !== undefined) return endpointRoute(local);
    const app = this.#options.resolveApp({ appId, namespace });
    if (app !== null) return { upstream: app, base: app.base, authorization: null };
    throw new ProxyError(
      'target-unknown',
      `no HTTPEndpoint "${withoutUserInfo(target)}" is loaded for app "${this.#options.appId}", and no app of that id is known`,
    );
  }

  #enliven(endpoint: Endpoint, present: LiveEndpoint | undefined): LiveEndpoint {
    if (endpoint.state === 'refused') return { endpoint, upstream: null };
    const former = present?.upstream ?? null;
    const keepsPool = present?.endpoint.state === 'ready' && isSameConnection(present.endpoint, endpoint);
    const upstream = this.#options.factory.forEndpoint(endpoint, {
      pool: keepsPool ? (former?.pool ?? null) : null,
      limiter: former?.limiter ?? null,
    });
    return { endpoint, upstream };
  }

  #urlRoute(target: string): Route {
    const { baseUrl, mistake } = parseBaseUrl(target);
    if (baseUrl === null) throw new ProxyError('target-invalid', `the URL cannot be called: ${mistake}`);
    checkUrlCall(baseUrl.origin, this.#options.urlCalls);
    const upstream = this.#options.urlUpstreams.forOrigin(baseUrl.origin);
    return { upstream, base: baseUrl, authorization: baseUrl.authorization?.reveal() ?? null };
  }
}

function endpointRoute({ endpoint, upstream }: LiveEndpoint): Route {
  if (upstream !== null) return { upstream, base: upstream.base, authorization: null };
  const why = endpoint.state === 'refused' ? `${endpoint.reason}: ${endpoint.message}` : 'it cannot be called';
  throw new ProxyError('endpoint-refused', `HTTPEndpoint "${endpoint.name}" is refused: ${why}`);
}

/** Whether two versions of an endpoint can share connections: only headers or paths differ. */
function isSameConnection(before: ReadyEndpoint, after: ReadyEndpoint): boolean {
  return before.baseUrl.origin === after.baseUrl.origin && tlsKey(before) === tlsKey(after);
}

function tlsKey({ tls }: ReadyEndpoint): string {
  const parts = [tls?.rootCa, tls?.identity?.certificateChain, tls?.identity?.privateKey];
  return JSON.stringify(parts.map((part) => (part ? [part.ref, part.version] : null)));
}

/** Tables that a test writes by hand, published when it says so. */
import { createHash } from 'node:crypto';
import { defaultOptions } from '#shared/compile/default-options.ts';
import type { Endpoint, TableOptions } from '#shared/table/endpoint-table.ts';
import { Sensitive } from '#shared/table/sensitive.ts';
import type {
  AudienceTable,
  EndpointSet,
  ProxyAudience,
  Publication,
  TableBoard,
} from '../../operator/tables/audience-table.ts';

export interface FakeEndpoint {
  readonly endpoint: Endpoint;
  /** Empty: for every app. */
  readonly scopes: readonly string[];
}

const options: TableOptions = {
  ...defaultOptions,
  metrics: {
    enabled: true,
    increasedCardinality: false,
    pathMatching: [],
    excludeVerbs: false,
    recordErrorCodes: false,
    latencyBucketsMs: [],
    rules: [],
  },
};

/** An endpoint with one secret header; its revision follows from both. */
export function fakeEndpoint(name: string, secret = `secret of ${name}`): Endpoint {
  return {
    state: 'ready',
    name,
    revision: digestOf([name, secret]),
    baseUrl: { origin: `https://${name}.example`, path: '', query: '', authorization: null },
    headers: [
      { name: 'x-key', value: new Sensitive(secret, { ref: `secret ${name}/key`, version: digestOf([secret]) }) },
    ],
    environmentHeaders: [],
    tls: null,
  };
}

export class FakeBoard implements TableBoard {
  readonly #byNamespace = new Map<string, Map<string, FakeEndpoint>>();
  readonly #setsByKey = new Map<string, EndpointSet>();
  readonly #listeners = new Set<(publication: Publication) => void>();

  tableFor({ namespace, appId }: ProxyAudience): AudienceTable {
    const shared = this.#setOf(namespace, '');
    const scoped = this.#setOf(namespace, appId);
    return { revision: digestOf([shared.digest, scoped.digest]), shared, scoped, options };
  }

  onPublished(listener: (publication: Publication) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /** Changes endpoints (null: deletes) and publishes. */
  change(namespace: string, changes: Readonly<Record<string, FakeEndpoint | null>>): void {
    const endpoints = this.#byNamespace.get(namespace) ?? new Map<string, FakeEndpoint>();
    this.#byNamespace.set(namespace, endpoints);
    const scopes = new Set<string>();
    for (const [name, entry] of Object.entries(changes)) {
      const touched = [endpoints.get(name), entry].filter((one) => one !== undefined && one !== null);
      for (const one of touched) for (const scope of one.scopes.length === 0 ? [''] : one.scopes) scopes.add(scope);
      if (entry === null) endpoints.delete(name);
      else endpoints.set(name, entry);
    }
    for (const scope of scopes) this.#setsByKey.delete(`${namespace}/${scope}`);
    this.publish({
      namespaces: new Set(scopes.has('') ? [namespace] : []),
      apps: new Set([...scopes].filter((scope) => scope !== '').map((scope) => `${namespace}/${scope}`)),
      endpoints: new Set(Object.keys(changes).map((name) => `${namespace}/${name}`)),
    });
  }

  /** Gives everybody these endpoints, or takes them away. */
  set(namespace: string, ...endpoints: readonly Endpoint[]): void {
    this.change(namespace, Object.fromEntries(endpoints.map((endpoint) => [endpoint.name, { endpoint, scopes: [] }])));
  }

  publish(publication: Publication): void {
    for (const listener of this.#listeners) listener(publication);
  }

  #setOf(namespace: string, scope: string): EndpointSet {
    const key = `${namespace}/${scope}`;
    const known = this.#setsByKey.get(key);
    if (known !== undefined) return known;
    const endpointsByName = new Map<string, Endpoint>();
    for (const { endpoint, scopes } of this.#byNamespace.get(namespace)?.values() ?? [])
      if (scope === '' ? scopes.length === 0 : scopes.includes(scope)) endpointsByName.set(endpoint.name, endpoint);
    const set = {
      digest: digestOf([...endpointsByName].map(([name, { revision }]) => `${name} ${revision}`).toSorted()),
      endpointsByName,
    };
    this.#setsByKey.set(key, set);
    return set;
  }
}

function digestOf(parts: readonly string[]): string {
  return createHash('sha256').update(JSON.stringify(parts)).digest('base64url').slice(0, 16);
}

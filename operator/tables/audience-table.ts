/**
 * What one audience may use, in two parts, so that what is common to many proxies is held, compared and encoded once.
 */
import type { Endpoint } from '#shared/table/endpoint-table.ts';
import type { TableOptions } from '#shared/table/endpoint-table.ts';

/** For whom a table is made. */
export interface ProxyAudience {
  readonly namespace: string;
  readonly appId: string;
  /** Name of the Configuration in the proxy's namespace; `''`: none. */
  readonly configuration: string;
}

/** Immutable: a change makes another set. Sets with equal digests are equal, on every replica. */
export interface EndpointSet {
  readonly digest: string;
  readonly endpointsByName: ReadonlyMap<string, Endpoint>;
}

/** Nothing, as everybody sees it and where every proxy begins. */
export const emptySet: EndpointSet = { digest: '', endpointsByName: new Map() };

/** Immutable. A name is in one of the two sets at most. */
export interface AudienceTable {
  /** Digest of both sets and the options: the revision of the EndpointTable that the proxy will hold. */
  readonly revision: string;
  /** Endpoints without scopes: for every app of the namespace. */
  readonly shared: EndpointSet;
  /** Endpoints that name this app in their scopes. */
  readonly scoped: EndpointSet;
  readonly options: TableOptions;
}

/** Where the push channel gets its tables. */
export interface TableBoard {
  /** The newest table for an audience. Never waits. */
  tableFor(audience: ProxyAudience): AudienceTable;
  /** Calls back after each publication with what it may concern. Returns the way to stop. */
  onPublished(listener: (publication: Publication) => void): () => void;
}

/** Which audiences may see another table now. A listener asks `tableFor` for theirs. */
export interface Publication {
  /** Namespaces whose shared endpoints or options changed: concerns all their proxies. */
  readonly namespaces: ReadonlySet<string>;
  /** Apps whose scoped endpoints changed, as `namespace/appId`. */
  readonly apps: ReadonlySet<string>;
  /** Endpoints whose entry changed, came or went, as `namespace/name`. */
  readonly endpoints: ReadonlySet<string>;
}

/** What the tables are made of: the present state of the API server, as the operator's source holds it. Read-only. */
import type { ComponentResult } from '#shared/resources/component.ts';
import type { Configuration } from '#shared/resources/configuration.ts';
import type { ParsedEndpoint } from '#shared/resources/parse-http-endpoint.ts';
import type { ParsedResiliency } from '#shared/resources/parse-resiliency.ts';
import type { Sensitive } from '#shared/table/sensitive.ts';

/** A resource as it stands in the cluster. */
export interface StoredResource<Parsed> {
  readonly name: string;
  readonly parsed: Parsed;
  readonly uid: string;
  /** Counts the changes of everything but metadata and status: the same uid and generation mean the same content. */
  readonly generation: number;
}

export type StoredEndpoint = StoredResource<ParsedEndpoint>;
export type StoredResiliency = StoredResource<ParsedResiliency>;
export type StoredMiddleware = StoredResource<ComponentResult>;

export type StoredConfiguration = StoredResource<ConfigurationInForce>;

export interface ConfigurationInForce {
  /** Of one that turned bad, what it said last. */
  readonly configuration: Configuration;
  /** Why it is not in force as it stands; empty: it is. */
  readonly mistakes: readonly string[];
}

/** What is known of one Secret. */
export type SecretReading =
  /** Byte strings: one character for each byte. */
  | { readonly state: 'loaded'; readonly valuesByKey: ReadonlyMap<string, Sensitive> }
  /** There is none by that name. */
  | { readonly state: 'missing' }
  /** It may be there, and cannot be read. */
  | { readonly state: 'failed'; readonly message: string }
  /** It is being asked for. */
  | { readonly state: 'pending' };

/** `unknown`: no Component declares it. The name `''` means the API server's Secrets. */
export type SecretStoreKind = 'kubernetes' | 'unsupported' | 'unknown';

/** Always current; whoever changes it marks what changed in the TableBook. Keys are `namespace/name`. */
export interface TableFeed {
  /** `null`: there is none. */
  endpoint(key: string): StoredEndpoint | null;
  endpointKeys(): Iterable<string>;
  secret(key: string): SecretReading;
  /** `null`: there is none by that name. */
  configuration(key: string): Configuration | null;
  /** Of a namespace, in order of name, as all that follow. */
  configurations(namespace: string): readonly StoredConfiguration[];
  resiliencies(namespace: string): readonly StoredResiliency[];
  /** Components of type `middleware.*`. */
  middleware(namespace: string): readonly StoredMiddleware[];
  /** Where there is any of these three. */
  optionNamespaces(): ReadonlySet<string>;
  secretStoreKind(namespace: string, store: string): SecretStoreKind;
  /** The apps that a secret store is for; empty: every app of the namespace. */
  secretStoreScopes(namespace: string, store: string): readonly string[];
}

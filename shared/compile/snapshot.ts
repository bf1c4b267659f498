/** Everything a source has read, at one moment, read-only. The input of compile. */
import type { Problem } from '../errors/problem.ts';
import type { Component } from '../resources/component.ts';
import type { Configuration } from '../resources/configuration.ts';
import type { HttpEndpoint } from '../resources/http-endpoint.ts';
import type { InvalidEndpoint } from '../resources/parse-http-endpoint.ts';
import type { Resiliency } from '../resources/resiliency.ts';
import type { Sensitive } from '../table/sensitive.ts';

/** Secrets of one store. In a namespaced store the key is `namespace/name`. */
export interface SecretStore {
  readonly namespaced: boolean;
  /** By name, then by key. The values are byte strings: one character for each byte. */
  readonly secretsByName: ReadonlyMap<string, ReadonlyMap<string, Sensitive>>;
  /** Why the store could not be read; `null` when it could. */
  readonly failure: string | null;
}

export interface Snapshot {
  /** In the order in which their sources name them: of several with one name, the first is used. */
  readonly endpoints: readonly HttpEndpoint[];
  readonly invalidEndpoints: readonly InvalidEndpoint[];
  /** In the order in which their sources name them: of several policies or targets with one name, the last is used. */
  readonly resiliencies: readonly Resiliency[];
  /** Components of middleware types, in the order in which their sources name them: of several with one name, the first is used. */
  readonly middleware: readonly Component[];
  /** Found while reading: broken documents, missing files. */
  readonly problems: readonly Problem[];
  readonly secretStoresByName: ReadonlyMap<string, SecretStore>;
  /** Used where an endpoint or a middleware has no `auth.secretStore`. */
  readonly defaultSecretStore: string;
  /** `null`: not known here. Then each proxy fills in what endpoints take from its own environment. */
  readonly env: ReadonlyMap<string, string> | null;
  /** `DAPR_ENV_KEYS`: the only names that envRef may use; `null` when not set. */
  readonly allowedEnvNames: ReadonlySet<string> | null;
  readonly configuration: Configuration;
  /**
   * Key of the digests that stand for inline values and environment variables in a revision. Without one, anybody who
   * reads a revision in a log could try out short values. Replicas that must agree on revisions share it.
   */
  readonly fingerprintKey: string;
}

/** For whom a table is compiled. */
export interface Audience {
  readonly appId: string;
  /** `''`: resources of every namespace are for this audience. */
  readonly namespace: string;
}

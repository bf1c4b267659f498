/** Everything a source has read, at one moment, read-only. The input of compile. */
import type { Problem, Subject } from '../errors/problem.ts';
import type { Configuration } from '../resources/configuration.ts';
import type { HttpEndpoint } from '../resources/http-endpoint.ts';
import type { Sensitive } from '../table/sensitive.ts';

/** Secrets of one store. In a namespaced store the key is `namespace/name`. */
export interface SecretStore {
  readonly namespaced: boolean;
  readonly secretsByName: ReadonlyMap<string, ReadonlyMap<string, Sensitive>>;
  /** Why the store could not be read; `null` when it could. */
  readonly failure: string | null;
}

/** A resource that has a name but breaks the schema: it is refused by name rather than unknown. */
export interface InvalidEndpoint {
  readonly subject: Subject;
  readonly namespace: string;
  readonly scopes: readonly string[];
  readonly message: string;
}

export interface Snapshot {
  readonly endpoints: readonly HttpEndpoint[];
  readonly invalidEndpoints: readonly InvalidEndpoint[];
  /** Found while reading: broken documents, missing files. */
  readonly problems: readonly Problem[];
  readonly secretStoresByName: ReadonlyMap<string, SecretStore>;
  /** Used where an endpoint has no `auth.secretStore`. */
  readonly defaultSecretStore: string;
  readonly env: ReadonlyMap<string, string>;
  /** `DAPR_ENV_KEYS`: the only names that envRef may use; `null` when not set. */
  readonly allowedEnvNames: ReadonlySet<string> | null;
  readonly configuration: Configuration;
}

/** For whom a table is compiled. */
export interface Audience {
  readonly appId: string;
  readonly namespace: string;
}

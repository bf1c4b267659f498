/** The parts of Configuration that touch invocation (spec/policy.md §1, §3, §7; spec/observability.md §3, §4). */
import type { Subject } from '../errors/problem.ts';
import type { ApiAccess, ApiLogging, MetricsOptions } from '../table/endpoint-table.ts';

/** `spec.secrets.scopes[]`: which secrets of one store may be used. */
export interface SecretScope {
  readonly storeName: string;
  readonly defaultAccess: 'allow' | 'deny';
  /** When not empty: these and no others. */
  readonly allowedSecrets: readonly string[];
  readonly deniedSecrets: readonly string[];
}

/** One handler of a pipeline: it names a Component. */
export interface HandlerRef {
  readonly name: string;
  readonly type: string;
  readonly version: string;
}

export interface Configuration {
  /** Which one it is, for problems; of several, the last. */
  readonly subject: Subject;
  readonly apiAccess: ApiAccess;
  readonly apiLogging: ApiLogging;
  readonly metrics: MetricsOptions;
  readonly secretScopes: readonly SecretScope[];
  readonly pipelines: { readonly http: readonly HandlerRef[]; readonly app: readonly HandlerRef[] };
  /** `spec.components.deny`: component types that may not be used, `type` or `type/version`, in lower case. */
  readonly deniedComponents: readonly string[];
}

/** What holds where no Configuration says otherwise. */
export const defaultConfiguration: Configuration = {
  subject: { kind: 'Configuration', namespace: '', name: '', location: '' },
  apiAccess: { allowed: [], denied: [] },
  apiLogging: { enabled: false, obfuscateUrls: false, omitHealthChecks: false },
  metrics: {
    enabled: true,
    increasedCardinality: true,
    pathMatching: [],
    excludeVerbs: false,
    recordErrorCodes: false,
    latencyBucketsMs: [],
    rules: [],
  },
  secretScopes: [],
  pipelines: { http: [], app: [] },
  deniedComponents: [],
};

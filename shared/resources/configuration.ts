/** The parts of Configuration that touch invocation (spec/policy.md §1, §3; spec/observability.md §3, §4). */
import type { ApiAccess, ApiLogging, MetricsOptions } from '../table/endpoint-table.ts';

export interface Configuration {
  readonly apiAccess: ApiAccess;
  readonly apiLogging: ApiLogging;
  readonly metrics: MetricsOptions;
}

/** What holds where no Configuration says otherwise. */
export const defaultConfiguration: Configuration = {
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
};

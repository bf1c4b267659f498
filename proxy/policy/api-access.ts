/** `spec.api` of the Configuration: which parts of the HTTP API are served (spec/policy.md §3). */
import type { ApiAccess, ApiAccessRule } from '#shared/table/endpoint-table.ts';
import type { ApiName } from '../api/match-api.ts';

interface ApiGroup {
  /** `version/name` as rules write it. */
  readonly rule: string;
  /** The older way to write a rule: a prefix of the route. */
  readonly route: string;
}

const groupByApi: Readonly<Record<Exclude<ApiName, 'healthz' | 'healthz-outbound'>, ApiGroup>> = {
  'metadata-get': { rule: 'v1/metadata', route: 'v1.0/metadata' },
  'metadata-put': { rule: 'v1/metadata', route: 'v1.0/metadata/{key}' },
  shutdown: { rule: 'v1/shutdown', route: 'v1.0/shutdown' },
  invoke: { rule: 'v1/invoke', route: 'v1.0/invoke/*' },
};

/** Health is always served. A denied API is not, nor one that a non-empty `allowed` leaves out. */
export function isApiAllowed(api: ApiName, access: ApiAccess): boolean {
  if (api === 'healthz' || api === 'healthz-outbound') return true;
  const group = groupByApi[api];
  if (access.denied.some((rule) => matches(rule, group))) return false;
  return access.allowed.length === 0 || access.allowed.some((rule) => matches(rule, group));
}

function matches({ name, version }: ApiAccessRule, group: ApiGroup): boolean {
  const written = `${version}/${name}`;
  return written === group.rule || group.route.startsWith(written);
}

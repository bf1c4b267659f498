/** Reports of the compiler, for tests. */
import type { EndpointReport } from '../../operator/status/endpoint-report.ts';

/** Of an endpoint in `default` that is all right, unless told otherwise. */
export function endpointReport(name: string, different: Partial<EndpointReport> = {}): EndpointReport {
  return {
    namespace: 'default',
    name,
    uid: `uid-default-${name}`,
    generation: 1,
    specFindings: [],
    referenceFindings: [],
    usesLastGood: false,
    revision: 'r1',
    scopes: [],
    ...different,
  };
}

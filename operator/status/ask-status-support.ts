/** Whether the HTTPEndpoint that is installed keeps a status: Dapr's own does not. */
import type { Discovery } from '../kube/kube-client.ts';
import { httpEndpoints } from '../kube/resource-types.ts';

/** Asks what the API server serves. `unknown`: it does not say, or has no such kind. */
export async function askStatusSupport(
  kube: Discovery,
  signal: AbortSignal,
): Promise<'supported' | 'unsupported' | 'unknown'> {
  try {
    const names = await kube.resourceNames(httpEndpoints, { signal });
    if (names.has(`${httpEndpoints.plural}/status`)) return 'supported';
    return names.has(httpEndpoints.plural) ? 'unsupported' : 'unknown';
  } catch {
    // A write will tell, or fail with the same error and say so.
    return 'unknown';
  }
}

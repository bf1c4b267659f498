/** Whether a kind, as it is installed, keeps a status: Dapr's own do not. */
import type { Discovery } from '../kube/kube-client.ts';
import type { ResourceType } from '../kube/kube-object.ts';

/** Asks what the API server serves. `unknown`: it does not say, or has no such kind. */
export async function askStatusSupport(
  kube: Discovery,
  type: ResourceType,
  signal: AbortSignal,
): Promise<'supported' | 'unsupported' | 'unknown'> {
  try {
    const names = await kube.resourceNames(type, { signal });
    if (names.has(`${type.plural}/status`)) return 'supported';
    return names.has(type.plural) ? 'unsupported' : 'unknown';
  } catch {
    // A write will tell, or fail with the same error and say so.
    return 'unknown';
  }
}

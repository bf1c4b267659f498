/** When a Pod that is being deleted counts as gone. Pure. */
import type { KubeObject } from '../kube/kube-object.ts';

/**
 * Milliseconds since 1970 at which the Pod's grace period is over, null when it is not being deleted. A Pod keeps its identity
 * until then: its proxy still serves the application that is finishing.
 */
export function terminationMs(pod: KubeObject): number | null {
  const { deletionTimestamp } = pod.metadata;
  if (deletionTimestamp === undefined) return null;
  // The API server adds the grace period itself.
  const endMs = Date.parse(deletionTimestamp);
  return Number.isNaN(endMs) ? 0 : endMs;
}

/** Whether the grace period is over; the object may stay much longer, on a node that does not answer. */
export function isTerminated(pod: KubeObject, nowMs: number): boolean {
  const endMs = terminationMs(pod);
  return endMs !== null && endMs <= nowMs;
}

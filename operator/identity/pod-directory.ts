/** The Pods that have a proxy (label `dapr.io/sidecar-injected=true`), as the watch knows them: metadata only. */
import type { KubeObject } from '../kube/kube-object.ts';
import type { ObjectChange } from '../kube/list-watch.ts';

export interface PodDirectory {
  /** Null: the watch does not know it (yet). */
  pod(namespace: string, name: string): KubeObject | null;
  /** All known Pods. */
  pods(): Iterable<KubeObject>;
  hasPodsIn(namespace: string): boolean;
  /** Calls back after each difference; `pod` gives the new state already. Returns the way to stop. */
  onChange(listener: (change: ObjectChange) => void): () => void;
}

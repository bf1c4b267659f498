/** One kind of object whose conditions the leader tells: which objects there are, and what is to be said about each. */
import type { KubeObject, ResourceType } from '../kube/kube-object.ts';
import type { WantedStatus } from './plan-status.ts';

/** An object as the watch shows it. */
export interface WatchedObject {
  readonly object: KubeObject;
  readonly uid: string;
  readonly generation: number;
}

/** Keys are `namespace/name`. */
export interface StatusKind {
  readonly type: ResourceType;
  /** As manifests write it. */
  readonly kind: string;
  /** False: the kind has no status anywhere, and its conditions are Events only. */
  readonly keepsStatus: boolean;
  keys(): Iterable<string>;
  /** `null`: there is none. */
  object(key: string): WatchedObject | null;
  /** `null`: nothing is to be said, or it cannot be told yet. */
  wantedFor(key: string, watched: WatchedObject): WantedStatus | null;
  /** False: what is to be said may be another in a moment. */
  isComplete(): boolean;
  /** Calls back with each of which something may be different now. Returns the way to stop. */
  onChanged(listener: (key: string) => void): () => void;
}

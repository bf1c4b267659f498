/** Keeps a copy of all objects of one kind, whatever the network does. */
import type { KubeObject, ResourceType } from './kube-object.ts';

export interface ListWatchOptions {
  readonly type: ResourceType;
  /** `''`: all namespaces. */
  readonly namespace: string;
  /** `''`: no selector. */
  readonly labelSelector: string;
  /** Defaults to none. */
  readonly fieldSelector?: string;
  /** Only metadata is asked for and kept (PartialObjectMetadata). */
  readonly isMetadataOnly: boolean;
  readonly onChange: (change: ObjectChange) => void;
  /** After each complete list, the first included. */
  readonly onSynced: () => void;
}

/**
 * A difference to what was told before; equal resourceVersions are no difference. An object that went while nobody watched is told with
 * its name, namespace, uid and last known resourceVersion only. One that was replaced by a namesake goes before that comes.
 */
export type ObjectChange =
  | { readonly kind: 'upsert'; readonly object: KubeObject }
  | { readonly kind: 'delete'; readonly object: KubeObject };

/** Resolves when the signal is aborted; rejects with a LinkError when the API server does not know the kind or refuses it. */
export interface ListWatch {
  run(signal: AbortSignal): Promise<void>;
}

/** Keeps a copy of all objects of one kind, whatever the network does. */
import type { KubeObject, ResourceType } from './kube-object.ts';

export interface ListWatchOptions {
  readonly type: ResourceType;
  /** `''`: all namespaces. */
  readonly namespace: string;
  /** `''`: no selector. */
  readonly labelSelector: string;
  /** Only metadata is asked for and kept (PartialObjectMetadata). */
  readonly isMetadataOnly: boolean;
  readonly onChange: (change: ObjectChange) => void;
  /** After each complete list, the first included. */
  readonly onSynced: () => void;
}

/** A difference to what was known before; equal resourceVersions are no difference. */
export type ObjectChange =
  | { readonly kind: 'upsert'; readonly object: KubeObject }
  | { readonly kind: 'delete'; readonly object: KubeObject };

/** Resolves when the signal is aborted; rejects with a fatal LinkError only (kind unknown to the server, forbidden). */
export interface ListWatch {
  run(signal: AbortSignal): Promise<void>;
}

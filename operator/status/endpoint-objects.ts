/** Where the status writer gets to know what there is and what was found out about it. Keys are `namespace/name`. */
import type { KubeObject } from '../kube/kube-object.ts';
import type { EndpointReport } from './endpoint-report.ts';

/** The objects as the watch shows them. */
export interface EndpointObjects {
  endpoint(key: string): { readonly object: KubeObject; readonly uid: string; readonly generation: number } | null;
  endpointKeys(): Iterable<string>;
  /** Calls back with each that the watch shows, status writes included, and with each that is gone. */
  onEndpointSeen(listener: (key: string) => void): () => void;
}

/** What compiling them found. */
export interface EndpointReports {
  reportFor(key: string): EndpointReport | null;
  onReports(listener: (keys: ReadonlySet<string>) => void): () => void;
}

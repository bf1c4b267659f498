/** Lists and watches, one page and one connection at a time; ListWatch makes something lasting of them. */
import type { KubeObject, ResourceType } from './kube-object.ts';
import type { RequestOptions } from './kube-client.ts';

/** Which objects. */
export interface ObjectQuery {
  readonly type: ResourceType;
  /** `''`: all namespaces. */
  readonly namespace: string;
  /** `''`: no selector. */
  readonly labelSelector: string;
  /** Defaults to none. */
  readonly fieldSelector?: string;
  readonly isMetadataOnly: boolean;
}

export interface PageOptions extends RequestOptions {
  readonly limit: number;
  /** Of the page before; `''`: the first page. */
  readonly continueToken: string;
}

export type ListPage =
  | {
      readonly state: 'read';
      readonly objects: readonly KubeObject[];
      /** Of the whole list, the same on all its pages. */
      readonly resourceVersion: string;
      /** `''`: the last page. */
      readonly continueToken: string;
    }
  /** It has more bytes than the client takes: ask for fewer objects. */
  | { readonly state: 'too-large' };

export interface WatchOptions extends RequestOptions {
  readonly resourceVersion: string;
  /** After which the server ends the watch. */
  readonly timeoutSeconds: number;
}

export interface ObjectSource {
  /** Throws LinkError; status 410: the continue token is too old. */
  listPage(query: ObjectQuery, options: PageOptions): Promise<ListPage>;
  /**
   * Resolves with the bytes of the watch when the server has accepted it; throws LinkError otherwise. Iterating throws what the connection
   * throws. The signal ends it.
   */
  watch(query: ObjectQuery, options: WatchOptions): Promise<AsyncIterable<Uint8Array>>;
}

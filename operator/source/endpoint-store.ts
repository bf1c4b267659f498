/** Every HTTPEndpoint, parsed once for each change of it that matters. */
import { parseHttpEndpoint } from '#shared/resources/parse-http-endpoint.ts';
import type { KubeObject } from '../kube/kube-object.ts';
import type { StoredEndpoint } from '../tables/table-feed.ts';
import type { ObjectKeeper } from './kind-watch.ts';
import { namespacedKey } from './namespaced-key.ts';

export interface WatchedEndpoint extends StoredEndpoint {
  /** As the watch last showed it, status included. */
  readonly object: KubeObject;
}

export interface EndpointStoreOptions {
  /** It came, went, or says something else. */
  readonly onChanged: (key: string) => void;
  /** Whatever the watch showed, status writes included. */
  readonly onSeen: (key: string) => void;
}

export class EndpointStore implements ObjectKeeper {
  readonly #options: EndpointStoreOptions;
  readonly #endpointsByKey = new Map<string, WatchedEndpoint>();

  constructor(options: EndpointStoreOptions) {
    this.#options = options;
  }

  endpoint(key: string): WatchedEndpoint | null {
    return this.#endpointsByKey.get(key) ?? null;
  }

  keys(): Iterable<string> {
    return this.#endpointsByKey.keys();
  }

  get size(): number {
    return this.#endpointsByKey.size;
  }

  upsert(object: KubeObject): void {
    const key = namespacedKey(object);
    const { uid, generation = 0 } = object.metadata;
    const former = this.#endpointsByKey.get(key);
    // The generation counts every change outside of metadata and status.
    const isSame = former !== undefined && former.uid === uid && generation > 0 && former.generation === generation;
    const parsed = isSame
      ? former.parsed
      : parseHttpEndpoint({ document: { ...object, kind: 'HTTPEndpoint' }, location: '' });
    this.#endpointsByKey.set(key, { parsed, uid, generation, object });
    if (!isSame) this.#options.onChanged(key);
    this.#options.onSeen(key);
  }

  remove(key: string): void {
    if (!this.#endpointsByKey.delete(key)) return;
    this.#options.onChanged(key);
    this.#options.onSeen(key);
  }
}

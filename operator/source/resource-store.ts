/** Every object of one kind, parsed once for each change of it that matters. */
import type { KubeObject } from '../kube/kube-object.ts';
import type { StoredResource } from '../tables/table-feed.ts';
import type { ObjectKeeper } from './kind-watch.ts';
import { namespacedKey, splitNamespacedKey } from './namespaced-key.ts';

export interface WatchedResource<Parsed> extends StoredResource<Parsed> {
  /** As the watch last showed it, status included. */
  readonly object: KubeObject;
}

export interface ResourceStoreOptions<Parsed> {
  /** `null`: it is of no interest, and not kept. */
  readonly parse: (object: KubeObject, former: WatchedResource<Parsed> | null) => Parsed | null;
  /** It came, went, or says something else. */
  readonly onChanged: (key: string) => void;
}

export class ResourceStore<Parsed> implements ObjectKeeper {
  readonly #options: ResourceStoreOptions<Parsed>;
  readonly #resourcesByKey = new Map<string, WatchedResource<Parsed>>();
  readonly #keysByNamespace = new Map<string, Set<string>>();
  readonly #seenListeners = new Set<(key: string) => void>();

  constructor(options: ResourceStoreOptions<Parsed>) {
    this.#options = options;
  }

  /** `null`: there is none. */
  get(key: string): WatchedResource<Parsed> | null {
    return this.#resourcesByKey.get(key) ?? null;
  }

  keys(): Iterable<string> {
    return this.#resourcesByKey.keys();
  }

  keysIn(namespace: string): Iterable<string> {
    return this.#keysByNamespace.get(namespace) ?? [];
  }

  /** Those of a namespace in order of name, whatever the order in which they came. */
  in(namespace: string): readonly WatchedResource<Parsed>[] {
    const keys = [...this.keysIn(namespace)].toSorted((a, b) => (a < b ? -1 : 1));
    return keys.flatMap((key) => this.#resourcesByKey.get(key) ?? []);
  }

  get size(): number {
    return this.#resourcesByKey.size;
  }

  /** Calls back with each that the watch shows, status writes included, and with each that is gone. */
  onSeen(listener: (key: string) => void): () => void {
    this.#seenListeners.add(listener);
    return () => void this.#seenListeners.delete(listener);
  }

  /** Of how many this is the case. */
  count(isCase: (parsed: Parsed) => boolean): number {
    return this.#resourcesByKey.values().reduce((count, { parsed }) => count + (isCase(parsed) ? 1 : 0), 0);
  }

  upsert(object: KubeObject): void {
    const key = namespacedKey(object);
    const { name, uid, generation = 0 } = object.metadata;
    const former = this.#resourcesByKey.get(key);
    // The generation counts every change outside of metadata and status.
    const isSame = former !== undefined && former.uid === uid && generation > 0 && former.generation === generation;
    const parsed = isSame ? former.parsed : this.#options.parse(object, former ?? null);
    if (parsed === null) return this.remove(key);
    this.#resourcesByKey.set(key, { name, parsed, uid, generation, object });
    if (former === undefined) this.#index(key);
    if (!isSame) this.#options.onChanged(key);
    this.#tellSeen(key);
  }

  remove(key: string): void {
    if (!this.#resourcesByKey.delete(key)) return;
    const { namespace } = splitNamespacedKey(key);
    const keys = this.#keysByNamespace.get(namespace);
    keys?.delete(key);
    if (keys?.size === 0) this.#keysByNamespace.delete(namespace);
    this.#options.onChanged(key);
    this.#tellSeen(key);
  }

  #tellSeen(key: string): void {
    for (const listener of this.#seenListeners) listener(key);
  }

  #index(key: string): void {
    const { namespace } = splitNamespacedKey(key);
    const keys = this.#keysByNamespace.get(namespace);
    if (keys === undefined) this.#keysByNamespace.set(namespace, new Set([key]));
    else keys.add(key);
  }
}

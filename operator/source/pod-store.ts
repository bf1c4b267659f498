/** The Pods that have a proxy, metadata only. */
import type { KubeObject } from '../kube/kube-object.ts';
import type { ObjectChange } from '../kube/list-watch.ts';
import type { PodDirectory } from '../identity/pod-directory.ts';
import type { ObjectKeeper } from './kind-watch.ts';
import { namespacedKey } from './namespaced-key.ts';

export class PodStore implements ObjectKeeper, PodDirectory {
  readonly #podsByKey = new Map<string, KubeObject>();
  readonly #countsByNamespace = new Map<string, number>();
  readonly #listeners = new Set<(change: ObjectChange) => void>();

  pod(namespace: string, name: string): KubeObject | null {
    return this.#podsByKey.get(`${namespace}/${name}`) ?? null;
  }

  pods(): Iterable<KubeObject> {
    return this.#podsByKey.values();
  }

  hasPodsIn(namespace: string): boolean {
    return this.#countsByNamespace.has(namespace);
  }

  keys(): Iterable<string> {
    return this.#podsByKey.keys();
  }

  get size(): number {
    return this.#podsByKey.size;
  }

  onChange(listener: (change: ObjectChange) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  upsert(object: KubeObject): void {
    const key = namespacedKey(object);
    const former = this.#podsByKey.get(key);
    this.#podsByKey.set(key, object);
    if (former === undefined) this.#count(object, 1);
    // A Pod of a StatefulSet comes back under its name: to everybody who cares about uids, the other one is gone.
    if (former !== undefined && former.metadata.uid !== object.metadata.uid) {
      this.#tell({ kind: 'delete', object: former });
    }
    this.#tell({ kind: 'upsert', object });
  }

  remove(key: string): void {
    const object = this.#podsByKey.get(key);
    if (object === undefined) return;
    this.#podsByKey.delete(key);
    this.#count(object, -1);
    this.#tell({ kind: 'delete', object });
  }

  #count({ metadata: { namespace = '' } }: KubeObject, by: 1 | -1): void {
    const count = (this.#countsByNamespace.get(namespace) ?? 0) + by;
    if (count === 0) this.#countsByNamespace.delete(namespace);
    else this.#countsByNamespace.set(namespace, count);
  }

  #tell(change: ObjectChange): void {
    for (const listener of this.#listeners) listener(change);
  }
}

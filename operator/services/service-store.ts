/** The operator's own Services, by `namespace/name`. */
import type { KubeObject } from '../kube/kube-object.ts';
import type { ObjectKeeper } from '../source/kind-watch.ts';
import { namespacedKey } from '../source/namespaced-key.ts';

export class ServiceStore implements ObjectKeeper {
  readonly #onChanged: (key: string) => void;
  readonly #servicesByKey = new Map<string, KubeObject>();

  constructor(onChanged: (key: string) => void) {
    this.#onChanged = onChanged;
  }

  get size(): number {
    return this.#servicesByKey.size;
  }

  service(key: string): KubeObject | null {
    return this.#servicesByKey.get(key) ?? null;
  }

  keys(): Iterable<string> {
    return this.#servicesByKey.keys();
  }

  upsert(object: KubeObject): void {
    const key = namespacedKey(object);
    this.#servicesByKey.set(key, object);
    this.#onChanged(key);
  }

  remove(key: string): void {
    if (this.#servicesByKey.delete(key)) this.#onChanged(key);
  }
}

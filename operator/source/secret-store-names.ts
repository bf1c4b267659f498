/** Which secret stores the Components of each namespace declare. Nothing else of a Component is read or kept. */
import { recordFrom } from '#shared/resources/read-field.ts';
import type { KubeObject } from '../kube/kube-object.ts';
import type { SecretStoreKind } from '../tables/table-feed.ts';
import type { ObjectKeeper } from './kind-watch.ts';
import { namespacedKey, splitNamespacedKey } from './namespaced-key.ts';

/** The store over the API server's Secrets, where no Component says otherwise. */
const builtinStoreName = 'kubernetes';

export class SecretStoreNames implements ObjectKeeper {
  readonly #onChanged: (namespace: string) => void;
  readonly #typesByKey = new Map<string, string>();

  constructor({ onChanged }: { readonly onChanged: (namespace: string) => void }) {
    this.#onChanged = onChanged;
  }

  /** `''` is the built-in store. */
  kindOf(namespace: string, store: string): SecretStoreKind {
    const name = store === '' ? builtinStoreName : store;
    const type = this.#typesByKey.get(`${namespace}/${name}`);
    if (type === undefined) return name === builtinStoreName ? 'kubernetes' : 'unknown';
    return type === 'secretstores.kubernetes' ? 'kubernetes' : 'unsupported';
  }

  keys(): Iterable<string> {
    return this.#typesByKey.keys();
  }

  upsert(object: KubeObject): void {
    const key = namespacedKey(object);
    const type = recordFrom(object['spec'])?.['type'];
    if (typeof type !== 'string' || !type.startsWith('secretstores.')) return this.remove(key);
    if (this.#typesByKey.get(key) === type) return;
    this.#typesByKey.set(key, type);
    this.#onChanged(splitNamespacedKey(key).namespace);
  }

  remove(key: string): void {
    if (this.#typesByKey.delete(key)) this.#onChanged(splitNamespacedKey(key).namespace);
  }
}

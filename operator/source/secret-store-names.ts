/** Which secret stores the Components of each namespace declare, and for which apps. */
import { recordFrom, stringsFrom } from '#shared/resources/read-field.ts';
import type { KubeObject } from '../kube/kube-object.ts';
import { builtinStoreName } from '../tables/place-in-cluster.ts';
import type { SecretStoreKind } from '../tables/table-feed.ts';
import type { ObjectKeeper } from './kind-watch.ts';
import { namespacedKey, splitNamespacedKey } from './namespaced-key.ts';

interface DeclaredStore {
  readonly type: string;
  /** Empty: every app of the namespace. */
  readonly scopes: readonly string[];
}

export class SecretStoreNames implements ObjectKeeper {
  readonly #onChanged: (namespace: string) => void;
  readonly #storesByKey = new Map<string, DeclaredStore>();

  constructor({ onChanged }: { readonly onChanged: (namespace: string) => void }) {
    this.#onChanged = onChanged;
  }

  /** `''` is the built-in store. */
  kindOf(namespace: string, store: string): SecretStoreKind {
    const name = store || builtinStoreName;
    const type = this.#storesByKey.get(`${namespace}/${name}`)?.type;
    if (type === undefined) return name === builtinStoreName ? 'kubernetes' : 'unknown';
    return type === 'secretstores.kubernetes' ? 'kubernetes' : 'unsupported';
  }

  /** The apps that it is for; empty: every app of the namespace. */
  scopesOf(namespace: string, store: string): readonly string[] {
    return this.#storesByKey.get(`${namespace}/${store || builtinStoreName}`)?.scopes ?? [];
  }

  keys(): Iterable<string> {
    return this.#storesByKey.keys();
  }

  upsert(object: KubeObject): void {
    const key = namespacedKey(object);
    const type = recordFrom(object['spec'])?.['type'];
    if (typeof type !== 'string' || !type.startsWith('secretstores.')) return this.remove(key);
    const scopes = stringsFrom(object['scopes']);
    const former = this.#storesByKey.get(key);
    if (former?.type === type && former.scopes.join('\n') === scopes.join('\n')) return;
    this.#storesByKey.set(key, { type, scopes });
    this.#onChanged(splitNamespacedKey(key).namespace);
  }

  remove(key: string): void {
    if (this.#storesByKey.delete(key)) this.#onChanged(splitNamespacedKey(key).namespace);
  }
}

/**
 * Every Configuration, parsed. One that turns bad keeps what it said last; one that was bad from the beginning lets nothing
 * through, because nobody can know what it was meant to deny.
 */
import type { Logger } from '#shared/logger/logger.ts';
import type { Configuration } from '#shared/resources/configuration.ts';
import { parseConfiguration } from '#shared/resources/parse-configuration.ts';
import type { KubeObject } from '../kube/kube-object.ts';
import { closedConfiguration } from '../tables/closed-configuration.ts';
import type { StoredConfiguration } from '../tables/table-feed.ts';
import type { ObjectKeeper } from './kind-watch.ts';
import { namespacedKey } from './namespaced-key.ts';

export interface WatchedConfiguration extends StoredConfiguration {
  /** Its metadata alone, as the watch last showed it. */
  readonly object: KubeObject;
}

export interface ConfigurationStoreOptions {
  readonly logger: Logger;
  readonly onChanged: (key: string) => void;
}

export class ConfigurationStore implements ObjectKeeper {
  readonly #options: ConfigurationStoreOptions;
  readonly #storedByKey = new Map<string, WatchedConfiguration>();

  constructor(options: ConfigurationStoreOptions) {
    this.#options = options;
  }

  /** `null`: there is none by that name. */
  configuration(key: string): Configuration | null {
    return this.#storedByKey.get(key)?.configuration ?? null;
  }

  /** `null`: there is none by that name. */
  get(key: string): WatchedConfiguration | null {
    return this.#storedByKey.get(key) ?? null;
  }

  /** Those of a namespace, in order of name. */
  in(namespace: string): readonly WatchedConfiguration[] {
    const stored = [...this.#storedByKey].filter(([key]) => key.startsWith(`${namespace}/`));
    return stored.toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([, configuration]) => configuration);
  }

  /** How many are not used as they stand. */
  get brokenCount(): number {
    return this.#storedByKey.values().reduce((count, { mistakes }) => count + (mistakes.length > 0 ? 1 : 0), 0);
  }

  keys(): Iterable<string> {
    return this.#storedByKey.keys();
  }

  upsert(object: KubeObject): void {
    const key = namespacedKey(object);
    const { uid, generation = 0 } = object.metadata;
    const former = this.#storedByKey.get(key);
    if (former !== undefined && former.uid === uid && generation > 0 && former.generation === generation) return;
    const { configuration, mistakes } = parseConfiguration([{ document: object, location: `Configuration ${key}` }]);
    const lastGood = former?.uid === uid ? former.configuration : closedConfiguration;
    const isUsable = mistakes.length === 0;
    this.#storedByKey.set(key, {
      name: object.metadata.name,
      uid,
      generation,
      configuration: isUsable ? configuration : lastGood,
      mistakes,
      object: { metadata: object.metadata },
    });
    if (!isUsable) {
      const stays = lastGood === closedConfiguration ? 'nothing is allowed' : 'the last good one';
      this.#options.logger.error('a Configuration cannot be used', { configuration: key, mistakes, inForce: stays });
    }
    this.#options.onChanged(key);
  }

  remove(key: string): void {
    if (this.#storedByKey.delete(key)) this.#options.onChanged(key);
  }
}

/**
 * Every Configuration, parsed. One that turns bad keeps what it said last; one that was bad from the beginning lets nothing
 * through, because nobody can know what it was meant to deny.
 */
import type { Logger } from '#shared/logger/logger.ts';
import type { Configuration } from '#shared/resources/configuration.ts';
import { parseConfiguration } from '#shared/resources/parse-configuration.ts';
import type { KubeObject } from '../kube/kube-object.ts';
import { closedConfiguration } from '../tables/closed-configuration.ts';
import type { ObjectKeeper } from './kind-watch.ts';
import { namespacedKey } from './namespaced-key.ts';

interface StoredConfiguration {
  readonly uid: string;
  readonly generation: number;
  readonly configuration: Configuration;
  readonly mistakes: readonly string[];
}

export interface ConfigurationStoreOptions {
  readonly logger: Logger;
  readonly onChanged: (key: string) => void;
}

export class ConfigurationStore implements ObjectKeeper {
  readonly #options: ConfigurationStoreOptions;
  readonly #storedByKey = new Map<string, StoredConfiguration>();

  constructor(options: ConfigurationStoreOptions) {
    this.#options = options;
  }

  /** `null`: there is none by that name. */
  configuration(key: string): Configuration | null {
    return this.#storedByKey.get(key)?.configuration ?? null;
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
    this.#storedByKey.set(key, { uid, generation, configuration: isUsable ? configuration : lastGood, mistakes });
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

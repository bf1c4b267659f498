/**
 * A Configuration of the API server -> what is in force of it. One that turns bad keeps what it said last; one that was bad from
 * the beginning lets nothing through, because nobody can know what it was meant to deny.
 */
import type { Logger } from '#shared/logger/logger.ts';
import { parseConfiguration } from '#shared/resources/parse-configuration.ts';
import type { KubeObject } from '../kube/kube-object.ts';
import { closedConfiguration } from '../tables/closed-configuration.ts';
import type { ConfigurationInForce, StoredConfiguration } from '../tables/table-feed.ts';
import { namespacedKey } from './namespaced-key.ts';

/** Reads it, and logs what is wrong with it. */
export function configurationInForce(
  object: KubeObject,
  former: StoredConfiguration | null,
  logger: Logger,
): ConfigurationInForce {
  const key = namespacedKey(object);
  const { configuration, mistakes } = parseConfiguration([{ document: object, location: `Configuration ${key}` }]);
  if (mistakes.length === 0) return { configuration, mistakes };
  const lastGood = former?.uid === object.metadata.uid ? former.parsed.configuration : closedConfiguration;
  const stays = lastGood === closedConfiguration ? 'nothing is allowed' : 'the last good one';
  logger.error('a Configuration cannot be used', { configuration: key, mistakes, inForce: stays });
  return { configuration: lastGood, mistakes };
}

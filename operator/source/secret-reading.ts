/** A Secret of the API server -> values that cannot be printed. Pure. */
import { fingerprint } from '#shared/compile/fingerprint.ts';
import { parseSecret } from '#shared/resources/secret.ts';
import { Sensitive } from '#shared/table/sensitive.ts';
import type { KubeObject } from '../kube/kube-object.ts';
import type { SecretReading } from '../tables/table-feed.ts';
import { namespacedKey } from './namespaced-key.ts';

/**
 * Reads a Secret of any type. The versions follow from the values, not from resourceVersion: a label on a Secret changes
 * nothing, and every replica that has the key makes the same ones. Keys that are not wanted are left out.
 */
export function secretReadingFrom(
  object: KubeObject,
  { fingerprintKey, isWanted }: { readonly fingerprintKey: string; readonly isWanted: (key: string) => boolean },
): SecretReading {
  const { secret, problem } = parseSecret({ document: object, location: '' });
  if (secret === null) return { state: 'failed', message: problem.message };
  const wanted = [...secret.bytesByKey].filter(([key]) => isWanted(key));
  const values = wanted.map(([key, value]) => {
    const ref = `secret ${namespacedKey(object)}/${key}`;
    const version = fingerprint(fingerprintKey, { ref, value });
    return [key, new Sensitive(value, { ref, version })] as const;
  });
  return { state: 'loaded', valuesByKey: new Map(values) };
}

/** Whether two readings say the same. */
export function isSameReading(a: SecretReading, b: SecretReading): boolean {
  if (a.state === 'failed') return b.state === 'failed' && a.message === b.message;
  if (a.state !== 'loaded' || b.state !== 'loaded') return a.state === b.state;
  if (a.valuesByKey.size !== b.valuesByKey.size) return false;
  return a.valuesByKey.entries().every(([key, value]) => b.valuesByKey.get(key)?.version === value.version);
}

/** Where a resource of a cluster finds what it refers to: Secrets of its own namespace. The proxy's environment has the rest. */
import { lookupFailure, secretMissing, type LookupFailure, type LookupPlace } from '#shared/compile/look-up-value.ts';
import type { Sensitive } from '#shared/table/sensitive.ts';
import type { SecretReading, TableFeed } from './table-feed.ts';

export interface ClusterPlace extends LookupPlace {
  /** Whether its values come from the API server's Secrets. */
  readonly hasSecrets: boolean;
}

/** Where a resource names no store. */
export const builtinStoreName = 'kubernetes';

/** The place of a resource in this namespace with this store. */
export function placeInCluster(
  feed: TableFeed,
  { namespace, storeName }: { readonly namespace: string; readonly storeName: string },
): ClusterPlace {
  const kind = feed.secretStoreKind(namespace, storeName);
  const common = { env: null, allowedEnvNames: null, secretScopes: [], storeName };
  if (kind === 'unknown') {
    const message = `there is no secret store ${storeName} in namespace ${namespace}`;
    return { ...common, hasSecrets: false, findSecret: lookupFailure('SecretStoreNotFound', message) };
  }
  if (kind === 'unsupported') {
    const message = `secret store ${storeName} is not of type secretstores.kubernetes, and no other type is read`;
    return { ...common, hasSecrets: false, findSecret: lookupFailure('SecretStoreUnsupported', message) };
  }
  const findSecret = (name: string): ReturnType<Extract<LookupPlace['findSecret'], (name: string) => unknown>> => {
    const fullName = `${namespace}/${name}`;
    return { fullName, secret: secretFrom(feed.secret(fullName), { storeName, fullName }) };
  };
  return { ...common, hasSecrets: true, findSecret };
}

function secretFrom(
  reading: SecretReading,
  named: { readonly storeName: string; readonly fullName: string },
): ReadonlyMap<string, Sensitive> | LookupFailure {
  switch (reading.state) {
    case 'loaded':
      return reading.valuesByKey;
    case 'missing':
      return secretMissing(named);
    case 'failed':
      return lookupFailure('SecretNotReadable', reading.message);
    case 'pending':
      return lookupFailure('SecretPending', `secret ${named.fullName} is being read`);
  }
}

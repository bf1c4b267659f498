/** What a Configuration lets its apps take out of Secrets: every store that is read in a cluster is of one type. Pure. */
import { isDenied } from '#shared/compile/is-denied.ts';
import { everyDeniedStore } from '#shared/compile/secret-scopes.ts';
import type { Configuration, SecretScope } from '#shared/resources/configuration.ts';

const storeType = { type: 'secretstores.kubernetes', version: 'v1' };

/** Its scopes; where it denies stores of the type, one before them that denies everything. */
export function secretScopesInCluster({ secretScopes, deniedComponents }: Configuration): readonly SecretScope[] {
  if (!isDenied(storeType, deniedComponents)) return secretScopes;
  const denial: SecretScope = {
    storeName: everyDeniedStore,
    defaultAccess: 'deny',
    allowedSecrets: [],
    deniedSecrets: [],
  };
  return [denial, ...secretScopes];
}

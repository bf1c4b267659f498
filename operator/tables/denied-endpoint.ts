/** An endpoint for proxies whose Configuration denies a secret that it takes: refused, without the values. Pure. */
import { refusedEndpoint } from '#shared/compile/compile-endpoint.ts';
import { isSecretAllowed, secretDenial } from '#shared/compile/secret-scopes.ts';
import type { SecretScope } from '#shared/resources/configuration.ts';
import type { Endpoint } from '#shared/table/endpoint-table.ts';
import type { EndpointEntry } from './endpoint-entry.ts';

/** `null`: nothing that it takes is denied. */
export function deniedEndpoint(
  { name, endpoint, storeName, secretUses }: EndpointEntry,
  secretScopes: readonly SecretScope[],
): Endpoint | null {
  if (endpoint?.state !== 'ready') return null;
  const denials = secretUses.flatMap(({ field, secretName }) => {
    const secret = { storeName, name: secretName };
    return isSecretAllowed(secret, secretScopes) ? [] : [{ ...secretDenial(secret), field }];
  });
  const [first] = denials;
  if (first === undefined) return null;
  return refusedEndpoint(name, first.reason, denials.map(({ field, message }) => `${field}: ${message}`).join('; '));
}

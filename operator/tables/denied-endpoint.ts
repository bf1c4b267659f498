/** An endpoint for proxies whose Configuration denies a secret that it takes: refused, without the values. Pure. */
import { refusalMessage, refusedEndpoint } from '#shared/compile/compile-endpoint.ts';
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
  const denials: { readonly reason: string; readonly message: string }[] = [];
  for (const { field, secretName } of secretUses) {
    const secret = { storeName, name: secretName };
    if (isSecretAllowed(secret, secretScopes)) continue;
    const { reason, message } = secretDenial(secret, secretScopes);
    denials.push({ reason, message: `${field}: ${message}` });
  }
  const [first] = denials;
  return first === undefined ? null : refusedEndpoint(name, first.reason, refusalMessage(denials));
}

/** Which secrets the Configuration of an app lets its endpoints use (spec/policy.md §7). Pure. */
import type { SecretScope } from '../resources/configuration.ts';

export interface SecretName {
  readonly storeName: string;
  readonly name: string;
}

/** As the store name of a scope: whatever the store. No Component has such a name. */
export const everyStore = '*';

/** A denied secret stays denied whatever else is said of it. */
export function isSecretAllowed({ storeName, name }: SecretName, scopes: readonly SecretScope[]): boolean {
  const scope = scopes.find((candidate) => candidate.storeName === storeName || candidate.storeName === everyStore);
  if (scope === undefined) return true;
  if (scope.deniedSecrets.includes(name)) return false;
  if (scope.allowedSecrets.length > 0) return scope.allowedSecrets.includes(name);
  return scope.defaultAccess === 'allow';
}

/** What a reference to a secret that these scopes deny leads to. The message becomes the end of one that begins with the field. */
export function secretDenial(
  { storeName, name }: SecretName,
  scopes: readonly SecretScope[],
): {
  readonly kind: 'failed';
  readonly reason: string;
  readonly message: string;
} {
  const isClosed = scopes.some((scope) => scope.storeName === everyStore);
  const denial = isClosed ? 'the Configuration is missing or broken, which denies' : 'the Configuration denies';
  const message = `${denial} secret ${name} of store ${storeName} to this app`;
  return { kind: 'failed', reason: 'SecretNotAllowed', message };
}

/** Which secrets the Configuration of an app lets its endpoints use (spec/policy.md §7). Pure. */
import type { SecretScope } from '../resources/configuration.ts';

export interface SecretName {
  readonly storeName: string;
  readonly name: string;
}

/** As the store name of a scope: whatever the store. No Component has such a name. */
export const everyStore = '*';
/** The same, where the Configuration denies stores of the type that all of them have. */
export const everyDeniedStore = '*denied';

/** A denied secret stays denied whatever else is said of it. */
export function isSecretAllowed({ storeName, name }: SecretName, scopes: readonly SecretScope[]): boolean {
  const scope = scopes.find((candidate) => [storeName, everyStore, everyDeniedStore].includes(candidate.storeName));
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
  const denial = denialOf(new Set(scopes.map((scope) => scope.storeName)));
  const message = `${denial} secret ${name} of store ${storeName} to this app`;
  return { kind: 'failed', reason: 'SecretNotAllowed', message };
}

function denialOf(storeNames: ReadonlySet<string>): string {
  if (storeNames.has(everyStore)) return 'the Configuration is missing or broken, which denies';
  if (storeNames.has(everyDeniedStore)) return 'the Configuration denies stores of its type, and so';
  return 'the Configuration denies';
}

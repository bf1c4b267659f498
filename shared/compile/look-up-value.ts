/**
 * Where a value comes from (spec/httpendpoint.md §3): inline, environment or secret, and who wins. Finding a value is
 * cheap and happens on every compile; what is made of it is kept for as long as the same values are found. Pure.
 */
import type { ValueSource } from '../resources/http-endpoint.ts';
import type { SecretScope } from '../resources/configuration.ts';
import type { Sensitive } from '../table/sensitive.ts';
import type { SecretStore, Snapshot } from './snapshot.ts';

export type Lookup =
  | { readonly kind: 'inline'; readonly text: string }
  /** `text` is `null` when the variable is not set. */
  | { readonly kind: 'env'; readonly name: string; readonly text: string | null }
  /** `isOverInline`: there was a value too, which the secret replaces. */
  | { readonly kind: 'secret'; readonly value: Sensitive; readonly isOverInline: boolean }
  | { readonly kind: 'none' }
  | { readonly kind: 'failed'; readonly reason: string; readonly message: string };

/** Whose values are looked up. */
export interface LookupPlace {
  readonly snapshot: Snapshot;
  /** The endpoint's own or its audience's, never `''`. */
  readonly namespace: string;
  /** `auth.secretStore` or the default. */
  readonly storeName: string;
}

/** Finds one value. An inline value beats `envRef`, `envRef` beats a secret, a secret beats an inline value. */
export function lookUpValue(source: ValueSource, place: LookupPlace): Lookup {
  if (source.envRef !== null && source.value === null) return lookUpEnv(source.envRef, place.snapshot);
  if (source.secretKeyRef !== null) return lookUpSecret(source, place, source.secretKeyRef);
  return source.value === null ? { kind: 'none' } : { kind: 'inline', text: source.value };
}

/** Whether two lookups found the same; then everything that follows from them is the same. */
export function isSameLookup(a: Lookup, b: Lookup): boolean {
  switch (a.kind) {
    case 'inline':
      return b.kind === 'inline' && a.text === b.text;
    case 'env':
      return b.kind === 'env' && a.name === b.name && a.text === b.text;
    case 'secret':
      return b.kind === 'secret' && a.isOverInline === b.isOverInline && isSameSecret(a.value, b.value);
    case 'none':
      return b.kind === 'none';
    case 'failed':
      return b.kind === 'failed' && a.reason === b.reason && a.message === b.message;
  }
}

function isSameSecret(a: Sensitive, b: Sensitive): boolean {
  return a === b || (a.ref === b.ref && a.version === b.version);
}

function lookUpEnv(name: string, { env, allowedEnvNames }: Snapshot): Lookup {
  const upper = name.toUpperCase();
  // The check takes the name in upper case, so that no spelling of a DAPR_ variable slips through.
  const isReserved = upper === 'APP_API_TOKEN' || upper.startsWith('DAPR_') || name.includes(' ');
  if (isReserved) return failed('EnvNotAllowed', `environment variable ${name} may not be used by endpoints`);
  if (allowedEnvNames !== null && !allowedEnvNames.has(name)) {
    return failed('EnvNotAllowed', `environment variable ${name} is not listed in DAPR_ENV_KEYS`);
  }
  return { kind: 'env', name, text: env.get(name) ?? null };
}

function lookUpSecret(
  { value }: ValueSource,
  { snapshot, namespace, storeName }: LookupPlace,
  { name, key }: { readonly name: string; readonly key: string },
): Lookup {
  const store = snapshot.secretStoresByName.get(storeName);
  if (store === undefined) {
    return failed('SecretStoreNotFound', `secret store ${storeName} is not loaded: no such component is for this app`);
  }
  if (
    !isAllowed(
      name,
      snapshot.configuration.secretScopes.find((scope) => scope.storeName === storeName),
    )
  ) {
    return failed('SecretNotAllowed', `the Configuration denies secret ${name} of store ${storeName} to this app`);
  }
  if (store.failure !== null) {
    return failed('SecretStoreFailed', `secret store ${storeName} could not be read: ${store.failure}`);
  }
  const fullName = secretName(store, { namespace, name });
  const secret = store.secretsByName.get(fullName);
  if (secret === undefined) return failed('SecretNotFound', `secret ${fullName} is not in store ${storeName}`);
  const found = secret.get(key);
  if (found === undefined) return failed('SecretKeyNotFound', `secret ${fullName} has no key ${key}`);
  return { kind: 'secret', value: found, isOverInline: value !== null };
}

/** How a store names a secret. */
function secretName(
  store: Pick<SecretStore, 'namespaced'>,
  { namespace, name }: { readonly namespace: string; readonly name: string },
): string {
  return store.namespaced ? `${namespace}/${name}` : name;
}

/** A denied secret stays denied whatever else is said of it. */
function isAllowed(name: string, scope: SecretScope | undefined): boolean {
  if (scope === undefined) return true;
  if (scope.deniedSecrets.includes(name)) return false;
  if (scope.allowedSecrets.length > 0) return scope.allowedSecrets.includes(name);
  return scope.defaultAccess === 'allow';
}

function failed(reason: string, message: string): Lookup {
  return { kind: 'failed', reason, message };
}

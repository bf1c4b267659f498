/**
 * Where a value comes from (spec/httpendpoint.md §3): inline, environment or secret, and who wins. Finding a value is
 * cheap and happens on every compile; what is made of it is kept for as long as the same values are found. Pure.
 */
import type { SecretKeyRef, ValueSource } from '../resources/http-endpoint.ts';
import type { SecretScope } from '../resources/configuration.ts';
import type { Sensitive } from '../table/sensitive.ts';
import { isSecretAllowed, secretDenial } from './secret-scopes.ts';
import type { SecretStore, Snapshot } from './snapshot.ts';

export type Lookup =
  | { readonly kind: 'inline'; readonly text: string }
  /** `text` is `null` when the variable is not set. */
  | { readonly kind: 'env'; readonly name: string; readonly text: string | null }
  /** The environment is not known here; the proxy's has it. */
  | { readonly kind: 'unknown-env'; readonly name: string }
  /** `isOverInline`: there was a value too, which the secret replaces. */
  | { readonly kind: 'secret'; readonly value: Sensitive; readonly isOverInline: boolean }
  | { readonly kind: 'none' }
  | { readonly kind: 'failed'; readonly reason: string; readonly message: string };

/** What an endpoint's references are looked up in. */
export interface LookupPlace {
  readonly env: Snapshot['env'];
  readonly allowedEnvNames: Snapshot['allowedEnvNames'];
  readonly secretScopes: readonly SecretScope[];
  /** `auth.secretStore` or the default. */
  readonly storeName: string;
  /** Its secrets; a failure when there is no such store. */
  readonly findSecret: ((name: string) => FoundSecret) | LookupFailure;
}

export type LookupFailure = Extract<Lookup, { kind: 'failed' }>;

export interface FoundSecret {
  /** With its namespace, where the store has namespaces. */
  readonly fullName: string;
  readonly secret: ReadonlyMap<string, Sensitive> | LookupFailure;
}

/** Where an endpoint of a snapshot finds what it refers to. `namespace` is never `''`. */
export function placeIn(
  snapshot: Snapshot,
  { namespace, storeName }: { readonly namespace: string; readonly storeName: string },
): LookupPlace {
  const { env, allowedEnvNames, configuration } = snapshot;
  const store = snapshot.secretStoresByName.get(storeName);
  const findSecret =
    store === undefined
      ? lookupFailure(
          'SecretStoreNotFound',
          `secret store ${storeName} is not loaded: no such component is for this app`,
        )
      : (name: string) => findIn(store, { namespace, name, storeName });
  return { env, allowedEnvNames, secretScopes: configuration.secretScopes, storeName, findSecret };
}

/** Finds one value. An inline value beats `envRef`, `envRef` beats a secret, a secret beats an inline value. */
export function lookUpValue(source: ValueSource, place: LookupPlace): Lookup {
  if (takesEnv(source)) return lookUpEnv(source.envRef, place);
  const reference = secretKeyRefOf(source);
  if (reference !== null) return lookUpSecret(source, place, reference);
  return source.value === null ? { kind: 'none' } : { kind: 'inline', text: source.value };
}

/** The secret that decides a value; `null` when none does, even if one is named. */
export function secretKeyRefOf(source: ValueSource): SecretKeyRef | null {
  return takesEnv(source) ? null : source.secretKeyRef;
}

function takesEnv(source: ValueSource): source is ValueSource & { readonly envRef: string } {
  return source.envRef !== null && source.value === null;
}

/** Whether two lookups found the same; then everything that follows from them is the same. */
export function isSameLookup(a: Lookup, b: Lookup): boolean {
  switch (a.kind) {
    case 'inline':
      return b.kind === 'inline' && a.text === b.text;
    case 'env':
      return b.kind === 'env' && a.name === b.name && a.text === b.text;
    case 'unknown-env':
      return b.kind === 'unknown-env' && a.name === b.name;
    case 'secret':
      return b.kind === 'secret' && a.isOverInline === b.isOverInline && isSameSecret(a.value, b.value);
    case 'none':
      return b.kind === 'none';
    case 'failed':
      return b.kind === 'failed' && a.reason === b.reason && a.message === b.message;
  }
}

/** Whether what was found may change while the resource stays as it is. */
export function isReference({ kind }: Lookup): boolean {
  return kind !== 'inline' && kind !== 'none';
}

function isSameSecret(a: Sensitive, b: Sensitive): boolean {
  return a === b || (a.ref === b.ref && a.version === b.version);
}

function lookUpEnv(name: string, { env, allowedEnvNames }: LookupPlace): Lookup {
  const upper = name.toUpperCase();
  // The check takes the name in upper case, so that no spelling of a DAPR_ variable slips through.
  const isReserved = upper === 'APP_API_TOKEN' || upper.startsWith('DAPR_') || name.includes(' ');
  if (isReserved) return lookupFailure('EnvNotAllowed', `environment variable ${name} may not be used by resources`);
  if (allowedEnvNames !== null && !allowedEnvNames.has(name)) {
    return lookupFailure('EnvNotAllowed', `environment variable ${name} is not listed in DAPR_ENV_KEYS`);
  }
  return env === null ? { kind: 'unknown-env', name } : { kind: 'env', name, text: env.get(name) ?? null };
}

function lookUpSecret(
  { value }: ValueSource,
  { secretScopes, storeName, findSecret }: LookupPlace,
  { name, key }: SecretKeyRef,
): Lookup {
  if (typeof findSecret !== 'function') return findSecret;
  if (!isSecretAllowed({ storeName, name }, secretScopes)) return secretDenial({ storeName, name }, secretScopes);
  const { fullName, secret } = findSecret(name);
  if ('kind' in secret) return secret;
  const found = secret.get(key);
  if (found === undefined) return lookupFailure('SecretKeyNotFound', `secret ${fullName} has no key ${key}`);
  return { kind: 'secret', value: found, isOverInline: value !== null };
}

function findIn(
  store: SecretStore,
  { namespace, name, storeName }: { readonly namespace: string; readonly name: string; readonly storeName: string },
): FoundSecret {
  const fullName = store.namespaced ? `${namespace}/${name}` : name;
  if (store.failure !== null) {
    const message = `secret store ${storeName} could not be read: ${store.failure}`;
    return { fullName, secret: lookupFailure('SecretStoreFailed', message) };
  }
  const secret = store.secretsByName.get(fullName) ?? secretMissing({ storeName, fullName });
  return { fullName, secret };
}

/** The secret is not in its store. */
export function secretMissing({
  storeName,
  fullName,
}: {
  readonly storeName: string;
  readonly fullName: string;
}): LookupFailure {
  return lookupFailure('SecretNotFound', `secret ${fullName} is not in store ${storeName}`);
}

/** A reference that leads nowhere. The message becomes the end of one that begins with the field. */
export function lookupFailure(reason: string, message: string): LookupFailure {
  return { kind: 'failed', reason, message };
}

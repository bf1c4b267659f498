/**
 * For whom an endpoint or a middleware is, when the Component of its secret store is not for every app: nobody else gets what
 * comes out of it. Pure.
 */
import type { Finding } from '#shared/compile/finding.ts';

export interface ScopesWithStore {
  /** Empty: every app of the namespace; `null`: none. */
  readonly scopes: readonly string[] | null;
  /** What the author of the resource is to know. */
  readonly findings: readonly Finding[];
}

export interface SecretStoreScopes {
  readonly storeName: string;
  readonly storeScopes: readonly string[];
  readonly what: 'endpoint' | 'middleware';
}

/** `scopes` are the resource's own, each once; `what` it is: `endpoint`, `middleware`. */
export function scopesWithStore(
  scopes: readonly string[],
  { storeName, storeScopes, what }: SecretStoreScopes,
): ScopesWithStore {
  const both = scopesInBoth(scopes, [...new Set(storeScopes)]);
  if (both === null) {
    const message = `secret store ${storeName} is for none of the apps that this ${what} is for (scopes of its Component)`;
    return { scopes: null, findings: [finding('SecretStoreNotAllowed', message, 'error')] };
  }
  if (both.length === scopes.length) return { scopes, findings: [] };
  const message = `secret store ${storeName} is not for every app (scopes of its Component); the others do not get this ${what}`;
  return { scopes: both, findings: [finding('SecretStoreScoped', message, 'warning')] };
}

/** Who is in two lists of scopes; `null`: nobody. */
export function scopesInBoth(a: readonly string[], b: readonly string[]): readonly string[] | null {
  if (a.length === 0) return b;
  if (b.length === 0) return a;
  const inB = new Set(b);
  const both = a.filter((scope) => inB.has(scope));
  return both.length === 0 ? null : both;
}

function finding(reason: string, message: string, severity: Finding['severity']): Finding {
  return { reason, message, severity, origin: 'reference' };
}

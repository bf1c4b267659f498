/** Who may have a resource (spec/httpendpoint.md §5). Pure. */
import type { Audience } from './snapshot.ts';

/** Namespaces match when equal or when either is empty; scopes when they name the app or nobody. */
export function isForAudience(
  audience: Audience,
  resource: { readonly namespace: string; readonly scopes: readonly string[] },
): boolean {
  const isNear = resource.namespace === '' || audience.namespace === '' || resource.namespace === audience.namespace;
  return isNear && (resource.scopes.length === 0 || resource.scopes.includes(audience.appId));
}

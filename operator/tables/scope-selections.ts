/** Every way in which the scopes of some resources choose among them, whatever apps there are. Pure. */
import { isForAudience } from '#shared/compile/is-for-audience.ts';

export interface ScopeSelection<Resource> {
  /** The apps that see these; `''` stands for all that no scopes name. */
  readonly apps: readonly string[];
  readonly resources: readonly Resource[];
}

/** More apps than these are not looked at one by one: what is said of resources is said of those that come first. */
const maxApps = 200;

/** The selections, each once. */
export function scopeSelections<Resource extends { readonly scopes: readonly string[] }>(
  resources: readonly Resource[],
): readonly ScopeSelection<Resource>[] {
  const named = [...new Set(resources.flatMap(({ scopes }) => scopes))].toSorted().slice(0, maxApps);
  const selectionsByKey = new Map<string, ScopeSelection<Resource>>();
  for (const appId of ['', ...named]) {
    const chosen = resources.filter(({ scopes }) => isForAudience({ appId, namespace: '' }, { namespace: '', scopes }));
    const key = chosen.map((resource) => resources.indexOf(resource)).join(' ');
    const apps = [...(selectionsByKey.get(key)?.apps ?? []), appId];
    selectionsByKey.set(key, { apps, resources: chosen });
  }
  return [...selectionsByKey.values()];
}

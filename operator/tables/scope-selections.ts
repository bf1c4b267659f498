/** Every way in which the scopes of some resources choose among them, whatever apps there are. Pure. */
import { isForAudience } from '#shared/compile/is-for-audience.ts';

export interface ScopeSelection<Resource> {
  /** The apps that see these; `''` stands for all that no scopes name. */
  readonly apps: readonly string[];
  readonly resources: readonly Resource[];
}

/** More apps than these are not looked at one by one; those of one resource never keep all those of another away. */
const maxApps = 200;

/** The selections, each once. */
export function scopeSelections<Resource extends { readonly scopes: readonly string[] }>(
  resources: readonly Resource[],
): readonly ScopeSelection<Resource>[] {
  const first = resources.flatMap(({ scopes }) => scopes.slice(0, 1));
  const all = new Set([...first, ...resources.flatMap(({ scopes }) => scopes)]);
  const named = [...all].slice(0, maxApps).toSorted();
  const selectionsByKey = new Map<string, ScopeSelection<Resource>>();
  for (const appId of ['', ...named]) {
    const chosen = resources.filter(({ scopes }) => isForAudience({ appId, namespace: '' }, { namespace: '', scopes }));
    const key = chosen.map((resource) => resources.indexOf(resource)).join(' ');
    const apps = [...(selectionsByKey.get(key)?.apps ?? []), appId];
    selectionsByKey.set(key, { apps, resources: chosen });
  }
  return [...selectionsByKey.values()];
}

/** Whom the changes of one round concern. Pure. */
import type { Publication } from './audience-table.ts';
import type { EntryChange } from './endpoint-entries.ts';

/** `optionNamespaces` are those where somebody's options changed. */
export function publicationOf(changes: readonly EntryChange[], optionNamespaces: readonly string[]): Publication {
  const namespaces = new Set(optionNamespaces);
  const apps = new Set<string>();
  const endpoints = new Set<string>();
  for (const { key, former, next } of changes) {
    endpoints.add(key);
    for (const entry of [former, next]) {
      if (entry === null || entry.endpoint === null) continue;
      if (entry.scopes.length === 0) namespaces.add(entry.namespace);
      for (const scope of entry.scopes) apps.add(`${entry.namespace}/${scope}`);
    }
  }
  return { namespaces, apps, endpoints };
}

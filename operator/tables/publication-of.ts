/** Whom the changes of one round concern. Pure. */
import type { Publication } from './audience-table.ts';
import type { EntryChange } from './endpoint-entries.ts';

/** `configurations` are keys `namespace/name` of those that changed. */
export function publicationOf(changes: readonly EntryChange[], configurations: readonly string[]): Publication {
  const namespaces = new Set(configurations.map((key) => key.slice(0, key.indexOf('/'))));
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

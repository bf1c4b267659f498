/** What differs between two tables, by name. Pure. */
import type { EndpointTable } from '#shared/table/endpoint-table.ts';

export interface TableChanges {
  readonly appeared: readonly string[];
  readonly changed: readonly string[];
  readonly disappeared: readonly string[];
}

/** Compares by revision. Without a former table, everything has appeared. */
export function tableChanges(former: EndpointTable | null, table: EndpointTable): TableChanges {
  const appeared: string[] = [];
  const changed: string[] = [];
  for (const [name, { revision }] of table.endpointsByName) {
    const known = former?.endpointsByName.get(name);
    if (known === undefined) appeared.push(name);
    else if (known.revision !== revision) changed.push(name);
  }
  const disappeared = [...(former?.endpointsByName.keys() ?? [])].filter((name) => !table.endpointsByName.has(name));
  return { appeared, changed, disappeared };
}

/** What a log line says of a table that is applied. Pure. */
import type { EndpointTable } from '#shared/table/endpoint-table.ts';
import { tableChanges } from './table-changes.ts';

/** Names in one log line; of more, only the number is said. */
const maxNamesLogged = 20;

/** Revision, counts by state, and the names of what differs from the table before. */
export function tableFields(former: EndpointTable | null, table: EndpointTable): Readonly<Record<string, unknown>> {
  const endpoints = [...table.endpointsByName.values()];
  const changes = tableChanges(former, table);
  const named = Object.entries(changes).flatMap(([what, names]: [string, readonly string[]]) =>
    names.length === 0 ? [] : [[what, names.length > maxNamesLogged ? names.length : names.join(', ')] as const],
  );
  return {
    revision: table.revision,
    ready: endpoints.filter(({ state }) => state === 'ready').length,
    refused: endpoints.filter(({ state }) => state === 'refused').length,
    ...Object.fromEntries(named),
  };
}

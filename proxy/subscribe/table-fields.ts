/** What a log line says of a table that is applied. Pure. */
import { isDeepStrictEqual } from 'node:util';
import type { EndpointTable } from '#shared/table/endpoint-table.ts';
import { noPipelines, type MiddlewareEntry } from '#shared/table/middleware.ts';
import { noResilience } from '#shared/table/resilience.ts';
import { tableChanges } from './table-changes.ts';

/** Names in one log line; of more, only the number is said. */
const maxNamesLogged = 20;

type Fields = Readonly<Record<string, unknown>>;

/** Revision, counts by state, the names of what differs from the table before, and what holds of the rest where that differs. */
export function tableFields(former: EndpointTable | null, table: EndpointTable): Fields {
  const endpoints = [...table.endpointsByName.values()];
  const changes = tableChanges(former, table);
  const named = Object.entries(changes).flatMap(([what, names]: [string, readonly string[]]) =>
    names.length === 0 ? [] : [[what, joined(names)] as const],
  );
  return {
    revision: table.revision,
    ready: endpoints.filter(({ state }) => state === 'ready').length,
    refused: endpoints.filter(({ state }) => state === 'refused').length,
    ...Object.fromEntries(named),
    ...resilienceFields(former?.resilience ?? noResilience, table.resilience),
    ...pipelineFields(former?.pipelines ?? noPipelines, table.pipelines),
  };
}

function resilienceFields(former: EndpointTable['resilience'], resilience: EndpointTable['resilience']): Fields {
  if (isDeepStrictEqual(former, resilience)) return {};
  return { resiliency: joined(resilience.resources.map(({ name }) => name)) };
}

/** By revision, as endpoints are compared. */
function pipelineFields(former: EndpointTable['pipelines'], { http, app }: EndpointTable['pipelines']): Fields {
  return {
    ...(isSame(former.http, http) ? {} : { httpPipeline: joined(http.map(({ name }) => name)) }),
    ...(isSame(former.app, app) ? {} : { appHttpPipeline: joined(app.map(({ name }) => name)) }),
  };
}

function isSame(former: readonly MiddlewareEntry[], entries: readonly MiddlewareEntry[]): boolean {
  const identity = ({ name, type, state, revision }: MiddlewareEntry): readonly string[] => [
    name,
    type,
    state,
    revision,
  ];
  return isDeepStrictEqual(former.map(identity), entries.map(identity));
}

function joined(names: readonly string[]): string | number {
  if (names.length === 0) return 'none';
  return names.length > maxNamesLogged ? names.length : names.join(', ');
}

/** Endpoints as golden outputs show them: secrets revealed, TLS material by name. */
import type { Endpoint } from '#shared/table/endpoint-table.ts';
import type { Sensitive } from '#shared/table/sensitive.ts';
import { materialName } from './tls-material.ts';

/** Revisions are left out: they have tests of their own, and would change with every detail. */
export function shownEndpoint(endpoint: Endpoint, material: ReadonlyMap<string, string>): object {
  const { revision: _revision, ...rest } = endpoint;
  if (rest.state === 'refused') return rest;
  const { name, state, baseUrl, headers, environmentHeaders, tls } = rest;
  const shown = (value: Sensitive | null | undefined): object | null =>
    value ? { from: value.ref, value: materialName(value.reveal(), material) } : null;
  return {
    name,
    state,
    baseUrl: { ...baseUrl, authorization: shown(baseUrl.authorization) },
    headers: headers.map((header) => ({ name: header.name, ...shown(header.value) })),
    ...(environmentHeaders.length === 0 ? {} : { environmentHeaders }),
    tls: tls && {
      rootCa: shown(tls.rootCa),
      certificateChain: shown(tls.identity?.certificateChain),
      privateKey: shown(tls.identity?.privateKey),
    },
  };
}

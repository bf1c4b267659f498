import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { encodeEndpoint } from '#shared/table/endpoint-codec.ts';
import { encodeOptions } from '#shared/table/options-codec.ts';
import type { ProxyAudience } from '../../../operator/tables/audience-table.ts';
import { ClusterBook } from '../../support/cluster-book.ts';
import { audiences, history, namespaces } from './cluster-history.ts';

/** All that a proxy of this audience would be sent, secrets revealed. */
function bytesFor({ tables }: ClusterBook, audience: ProxyAudience): string {
  const { shared, scoped, options } = tables.tableFor(audience);
  const endpoints = [...shared.endpointsByName.values(), ...scoped.endpointsByName.values()];
  return JSON.stringify([endpoints.map(encodeEndpoint), encodeOptions(options)]);
}

describe('what is sent to an audience', () => {
  test('holds no endpoint and no middleware of another namespace or for other apps only, and no secret of one', () => {
    fc.assert(
      fc.property(history({ hasPending: true }), (steps) => {
        const book = new ClusterBook();
        for (const step of steps) {
          if (step.kind === 'change') step.change(book.feed);
          else {
            book.tables.flush();
            for (const audience of audiences) expectOwnOnly(book, audience);
          }
        }
      }),
      { numRuns: 300 },
    );
  });
});

function expectOwnOnly(book: ClusterBook, audience: ProxyAudience): void {
  const { namespace, appId } = audience;
  const bytes = bytesFor(book, audience);
  for (const other of namespaces) if (other !== namespace) expect(bytes).not.toContain(`S3CR3T<${other}/`);
  // As their author wrote it then; and as it stands now.
  for (const [, at, scopes = ''] of bytes.matchAll(/"for ([a-z]+) ([a-z ]*)"/g)) {
    expect(at).toBe(namespace);
    expect(scopes === '' || scopes.split(' ').includes(appId)).toBe(true);
  }
  const { shared, scoped, options } = book.tables.tableFor(audience);
  for (const name of [...shared.endpointsByName.keys(), ...scoped.endpointsByName.keys()]) {
    const parsed = book.feed.endpoint(`${namespace}/${name}`)?.parsed;
    const scopes = parsed !== undefined && 'endpoint' in parsed ? parsed.endpoint.scopes : ['nobody'];
    expect(scopes.length === 0 || scopes.includes(appId)).toBe(true);
  }
  for (const { state, name } of [...options.pipelines.http, ...options.pipelines.app]) {
    if (state === 'refused') continue;
    const scopes = book.feed.middleware(namespace).find((stored) => stored.name === name)?.parsed.component?.scopes;
    expect(scopes?.length === 0 || scopes?.includes(appId)).toBe(true);
  }
  for (const { name } of options.resilience.resources) {
    const stored = book.feed.resiliencies(namespace).find((candidate) => candidate.name === name);
    const scopes = stored?.parsed.resiliency?.scopes;
    expect(scopes?.length === 0 || scopes?.includes(appId)).toBe(true);
  }
  const configuration = book.feed.configuration(`${namespace}/${audience.configuration}`);
  for (const { deniedSecrets } of configuration?.secretScopes ?? []) {
    for (const name of deniedSecrets) expect(bytes).not.toContain(`S3CR3T<${namespace}/${name}/`);
  }
}

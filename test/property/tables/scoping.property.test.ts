import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { encodeEndpoint } from '#shared/table/endpoint-codec.ts';
import type { ProxyAudience } from '../../../operator/tables/audience-table.ts';
import { ClusterBook } from '../../support/cluster-book.ts';
import { audiences, history, namespaces } from './cluster-history.ts';

/** All that a proxy of this audience would be sent, secrets revealed. */
function bytesFor({ tables }: ClusterBook, audience: ProxyAudience): string {
  const { shared, scoped } = tables.tableFor(audience);
  return JSON.stringify([...shared.endpointsByName.values(), ...scoped.endpointsByName.values()].map(encodeEndpoint));
}

describe('what is sent to an audience', () => {
  test('holds no endpoint of another namespace or for other apps only, and no secret of one', () => {
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
  const { shared, scoped } = book.tables.tableFor(audience);
  for (const name of [...shared.endpointsByName.keys(), ...scoped.endpointsByName.keys()]) {
    const parsed = book.feed.endpoint(`${namespace}/${name}`)?.parsed;
    const scopes = parsed !== undefined && 'endpoint' in parsed ? parsed.endpoint.scopes : ['nobody'];
    expect(scopes.length === 0 || scopes.includes(appId)).toBe(true);
  }
  const configuration = book.feed.configuration(`${namespace}/${audience.configuration}`);
  for (const { deniedSecrets } of configuration?.secretScopes ?? []) {
    for (const name of deniedSecrets) expect(bytes).not.toContain(`S3CR3T<${namespace}/${name}/`);
  }
}

import { describe, expect, test } from 'vitest';
import type { PushMessage } from '#shared/push/push-message.ts';
import { encodeEndpoint } from '#shared/table/endpoint-codec.ts';
import type { Endpoint, EndpointTable } from '#shared/table/endpoint-table.ts';
import { CertificateAuthority } from '../../../examples/certificates/certificate-authority.ts';
import { HeldTable } from '../../../proxy/subscribe/held-table.ts';
import { SharedDocuments } from '../../../proxy/subscribe/shared-documents.ts';
import { optionsOf } from '#shared/table/options-of.ts';
import { TableDraft, type DraftOutcome } from '../../../proxy/subscribe/table-draft.ts';
import { httpEndpoint } from '../../support/http-endpoint.ts';
import { tableOf } from '../../support/table-of.ts';

function draftOn(base = HeldTable.none(), env: Readonly<Record<string, string>> = {}): TableDraft {
  const filling = { env: new Map(Object.entries(env)), allowedEnvNames: null, fingerprintKey: 'k' };
  return new TableDraft(base, { filling, documents: new SharedDocuments() });
}

function syncedOf(table: EndpointTable): Extract<PushMessage, { type: 'SYNCED' }> {
  return { type: 'SYNCED', revision: table.revision, options: optionsOf(table) };
}

/** Sends every endpoint of the table, and completes it. */
function sendAll(draft: TableDraft, table: EndpointTable): DraftOutcome {
  for (const endpoint of table.endpointsByName.values()) draft.upsert(encodeEndpoint(endpoint), 100);
  return draft.sync(syncedOf(table));
}

function heldIn(outcome: DraftOutcome): HeldTable {
  if (outcome.state === 'refused') throw new Error(JSON.stringify(outcome.reasons));
  return outcome.held;
}

function named(table: EndpointTable | HeldTable, name: string): Endpoint {
  const endpoints = table instanceof HeldTable ? table.table.endpointsByName : table.endpointsByName;
  const endpoint = endpoints.get(name);
  if (endpoint === undefined) throw new Error(`no ${name}`);
  return endpoint;
}

const ab = tableOf(httpEndpoint('b', 'http://b.example'), httpEndpoint('a', 'http://a.example'));

describe('a table', () => {
  test('becomes what was sent, in order of name, under the revision that it was given', () => {
    const held = heldIn(sendAll(draftOn(), ab));
    expect(held.table).toEqual(ab);
    expect([...held.table.endpointsByName.keys()]).toEqual(['a', 'b']);
    expect(held.hello('1')).toEqual({
      revision: ab.revision,
      revisionsByName: { a: named(ab, 'a').revision, b: named(ab, 'b').revision },
      version: '1',
    });
  });

  test('changes by difference: what is not mentioned stays the same object', () => {
    const draft = draftOn();
    const first = heldIn(sendAll(draft, ab));
    draft.accept(first);
    const next = tableOf(httpEndpoint('b', 'http://b.example/new'), httpEndpoint('c', 'http://c.example'));
    draft.delete('a', 10);
    draft.delete('unknown', 10);
    const second = heldIn(sendAll(draft, next));
    expect([...second.table.endpointsByName.keys()]).toEqual(['b', 'c']);
    expect(named(second, 'b')).toEqual(named(next, 'b'));
    draft.accept(second);
    const third = heldIn(draft.sync(syncedOf({ ...next, revision: 'third' })));
    expect([third.table.revision, third.isSameAs(second)]).toEqual(['third', false]);
    expect(named(third, 'c')).toBe(named(second, 'c'));
  });

  test('that says nothing new is the same', () => {
    const draft = draftOn();
    const held = heldIn(sendAll(draft, ab));
    draft.accept(held);
    expect(heldIn(draft.sync(syncedOf(ab))).isSameAs(held)).toBe(true);
  });
});

describe('a variable of the environment', () => {
  const fromEnv = tableOf(
    JSON.stringify({
      apiVersion: 'dapr.io/v1alpha1',
      kind: 'HTTPEndpoint',
      metadata: { name: 'env' },
      spec: { baseUrl: 'http://a.example', headers: [{ name: 'X-Zone', envRef: 'ZONE' }] },
    }),
  );

  test('is filled in here; the control plane is told the revision that it sent', () => {
    const held = heldIn(sendAll(draftOn(HeldTable.none(), { ZONE: 'eu' }), fromEnv));
    const endpoint = named(held, 'env');
    if (endpoint.state !== 'ready') throw new Error(endpoint.message);
    expect(endpoint.headers.map(({ name, value }) => [name, value.reveal()])).toEqual([['X-Zone', 'eu']]);
    expect(endpoint.environmentHeaders).toEqual([]);
    expect(held.hello('').revisionsByName).toEqual({ env: named(fromEnv, 'env').revision });
  });

  test('that may not be used refuses its endpoint, not the table, and the reason is told', () => {
    const table = tableOf(
      httpEndpoint('good', 'http://a.example'),
      JSON.stringify({
        apiVersion: 'dapr.io/v1alpha1',
        kind: 'HTTPEndpoint',
        metadata: { name: 'env' },
        spec: { baseUrl: 'http://a.example', headers: [{ name: 'X-Zone', envRef: 'ZONE' }] },
      }),
    );
    const filling = { env: new Map(), allowedEnvNames: new Set(['OTHER']), fingerprintKey: 'k' };
    const draft = new TableDraft(HeldTable.none(), { filling, documents: new SharedDocuments() });
    const outcome = sendAll(draft, table);
    const held = heldIn(outcome);
    expect(outcome.reasons).toEqual([
      { endpoint: 'env', message: expect.stringContaining('ZONE is not listed in DAPR_ENV_KEYS') as string },
    ]);
    expect([named(held, 'env').state, named(held, 'good').state]).toEqual(['refused', 'ready']);
    expect(held.problems('shop')).toMatchObject([{ subject: { name: 'env', namespace: 'shop' }, severity: 'error' }]);
  });
});

describe('a table is refused, with the endpoint and the reason,', () => {
  const broken: readonly (readonly [
    what: string,
    change: (encoded: Record<string, unknown>) => unknown,
    reason: string,
  ])[] = [
    ['a field of a wrong type', (encoded) => ({ ...encoded, headers: 'secret-value' }), 'headers (invalid_type)'],
    ['an unknown state', (encoded) => ({ ...encoded, state: 'secret-value' }), 'an endpoint is not as it should be'],
    ['a broken origin', (encoded) => ({ ...encoded, baseUrl: { origin: 'ftp://secret-value' } }), 'baseUrl.origin'],
  ];

  test.each(broken)('for %s', (_what, change, reason) => {
    const draft = draftOn();
    const encoded = encodeEndpoint(named(ab, 'a')) as Record<string, unknown>;
    draft.upsert(change(encoded), 100);
    const outcome = draft.sync(syncedOf(ab));
    expect(outcome).toMatchObject({ state: 'refused', isOutOfStep: false, reasons: [{ endpoint: 'a' }] });
    expect(outcome.reasons[0]?.message).toContain(reason);
    expect(JSON.stringify(outcome)).not.toContain('secret-value');
  });

  test.each(['ec', 'rsa'] as const)('for a key of another kind than its %s certificate', async (keyType) => {
    const { certificate, privateKey } = await material(keyType, keyType === 'ec' ? 'rsa' : 'ec');
    const draft = draftOn();
    draft.upsert(withIdentity(certificate, privateKey), 100);
    expect(draft.sync(syncedOf(ab))).toMatchObject({
      state: 'refused',
      reasons: [{ endpoint: 'm', message: 'clientTLS: the private key does not belong to the certificate' }],
    });
  });

  test('for an encrypted key, and for a broken bundle of authorities', async () => {
    const { certificate } = await material('ec', 'ec');
    const draft = draftOn();
    draft.upsert(
      withIdentity(certificate, '-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED PRIVATE KEY-----\n'),
      100,
    );
    draft.upsert(
      { ...withIdentity(certificate, ''), name: 'roots', tls: { rootCa: sensitive('nonsense'), identity: null } },
      100,
    );
    expect(draft.sync(syncedOf(ab)).reasons).toEqual([
      { endpoint: 'm', message: 'clientTLS: the private key is encrypted; store it without a passphrase' },
      { endpoint: 'roots', message: 'clientTLS.rootCA: there is no PEM certificate in it' },
    ]);
  });
});

describe('what was refused', () => {
  test('stays until it is mended, so that the rest of that table is not lost', () => {
    const draft = draftOn();
    draft.upsert({ ...(encodeEndpoint(named(ab, 'a')) as object), headers: null }, 100);
    draft.upsert(encodeEndpoint(named(ab, 'b')), 100);
    expect(draft.sync(syncedOf(ab)).state).toBe('refused');
    expect(draft.sync(syncedOf(ab)).state).toBe('refused');
    draft.upsert(encodeEndpoint(named(ab, 'a')), 100);
    expect(heldIn(draft.sync(syncedOf(ab))).table).toEqual(ab);
  });

  test('is mended by its end, too', () => {
    const draft = draftOn();
    draft.upsert({ ...(encodeEndpoint(named(ab, 'a')) as object), headers: null }, 100);
    draft.delete('a', 10);
    expect([...heldIn(draft.sync(syncedOf(ab))).table.endpointsByName]).toEqual([]);
  });

  test('cannot be mended when something without a name was lost', () => {
    const draft = draftOn();
    draft.spoil('a message is not JSON');
    draft.spoil('another');
    const refusal = {
      state: 'refused',
      isOutOfStep: true,
      reasons: [{ endpoint: '', message: 'a message is not JSON' }],
    };
    expect(sendAll(draft, ab)).toEqual(refusal);
    expect(sendAll(draft, ab)).toEqual(refusal);
    const nameless = draftOn();
    nameless.upsert({ name: '../../secret value' }, 100);
    expect(nameless.sync(syncedOf(ab))).toMatchObject({ isOutOfStep: true });
    expect(JSON.stringify(nameless.sync(syncedOf(ab)))).not.toContain('secret value');
  });

  test('includes more than can be held', () => {
    const draft = draftOn();
    for (let count = 0; count < 50; count++) draft.upsert(encodeEndpoint(named(ab, 'a')), 10 * 1024 * 1024);
    expect(sendAll(draft, ab)).toMatchObject({
      isOutOfStep: true,
      reasons: [{ message: 'more changes than can be held came before they were complete' }],
    });
  });
});

type KeyType = 'ec' | 'rsa';

/** A certificate, and the key of another one. */
async function material(keyType: KeyType, otherKeyType: KeyType): Promise<{ certificate: string; privateKey: string }> {
  const authority = await CertificateAuthority.create('root');
  const { chainPem } = await authority.issueClient({ name: 'one', keyType });
  const { privateKeyPem } = await authority.issueClient({ name: 'one', keyType: otherKeyType });
  return { certificate: chainPem, privateKey: privateKeyPem };
}

function sensitive(value: string): object {
  return { ref: 'secret m', version: value.slice(0, 60), value };
}

function withIdentity(certificate: string, privateKey: string): object {
  return {
    state: 'ready',
    name: 'm',
    revision: 'r',
    baseUrl: { origin: 'https://a.example', path: '', query: '', authorization: null },
    headers: [],
    environmentHeaders: [],
    tls: { rootCa: null, identity: { certificateChain: sensitive(certificate), privateKey: sensitive(privateKey) } },
  };
}

/** No byte of an endpoint reaches a proxy that it is not for. */
import { describe, expect, test } from 'vitest';
import { fakeEndpoint } from '../../support/fake-board.ts';
import { openPush, type PushReader } from '../../support/push-reader.ts';
import { identityOf, startTestPushServer } from '../../support/start-test-push-server.ts';

describe('a proxy', () => {
  test('receives nothing that is scoped to another app or stands in another namespace', async () => {
    const server = await startTestPushServer();
    server.resultsByToken.set('token-bakery', {
      state: 'accepted',
      identity: identityOf('a', { namespace: 'bakery' }),
    });
    const places = [
      { namespace: 'shop', scopes: ['a'], name: 'of-shop-a', secret: 'secret-of-shop-a' },
      { namespace: 'shop', scopes: ['b'], name: 'of-shop-b', secret: 'secret-of-shop-b' },
      { namespace: 'shop', scopes: [], name: 'of-shop-everybody', secret: 'secret-of-shop-everybody' },
      { namespace: 'bakery', scopes: ['a'], name: 'of-bakery-a', secret: 'secret-of-bakery-a' },
    ];
    const publish = (round: number): void => {
      for (const { namespace, scopes, name, secret } of places)
        server.board.change(namespace, { [name]: { endpoint: fakeEndpoint(name, `${secret}-${round}`), scopes } });
    };
    publish(0);
    // What a proxy says that it holds gives it nothing either.
    const claims = { revision: 'x', revisionsByName: { 'of-shop-b': 'x', 'of-bakery-a': 'x' }, version: '' };
    const readers = {
      'of-shop-a': await openPush(server, 'token-a', claims),
      'of-shop-b': await openPush(server, 'token-b', claims),
      'of-bakery-a': await openPush(server, 'token-bakery', claims),
    };
    for (const round of [1, 2]) publish(round);
    server.board.change('shop', {
      'of-shop-b': { endpoint: fakeEndpoint('of-shop-b', 'secret-of-shop-b-3'), scopes: ['b', 'c'] },
    });
    server.board.change('shop', { 'of-shop-b': null });
    server.board.change('shop', { last: { endpoint: fakeEndpoint('last'), scopes: ['a', 'b'] } });
    server.board.change('bakery', { last: { endpoint: fakeEndpoint('last'), scopes: ['a'] } });
    await Promise.all(Object.values(readers).map((reader) => arrives(reader, '"name":"last"')));
    for (const [own, reader] of Object.entries(readers)) {
      const secrets = places.map(({ secret }) => secret).filter((secret) => reader.text.includes(secret));
      expect(secrets).toEqual(
        own === 'of-bakery-a' ? ['secret-of-bakery-a'] : [`secret-${own}`, 'secret-of-shop-everybody'],
      );
      const upserts = reader.lines.filter(({ type }) => type === 'UPSERT');
      const names = new Set(upserts.map(({ endpoint }) => (endpoint as { readonly name: string }).name));
      expect([...names].toSorted()).toEqual(
        [own, 'last', ...(own === 'of-bakery-a' ? [] : ['of-shop-everybody'])].toSorted(),
      );
    }
    expect(JSON.stringify(server.lines)).not.toContain('secret-of');
  });

  test('that loses its scope loses the endpoint', async () => {
    const server = await startTestPushServer();
    server.board.change('shop', { one: { endpoint: fakeEndpoint('one'), scopes: ['a', 'b'] } });
    const reader = await openPush(server, 'token-a');
    await reader.synced(1);
    server.board.change('shop', { one: { endpoint: fakeEndpoint('one', 'next'), scopes: ['b'] } });
    await reader.synced(2);
    expect(reader.types()).toBe('UPSERT SYNCED DELETE SYNCED');
    expect(reader.text).not.toContain('next');
  });
});

async function arrives(reader: PushReader, text: string): Promise<void> {
  for (let synced = 1; !reader.text.includes(text) && !reader.isEnded; synced += 1) await reader.synced(synced);
}

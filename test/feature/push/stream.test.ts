/** What a proxy gets on its stream. */
import { describe, expect, test } from 'vitest';
import { fakeEndpoint } from '../../support/fake-board.ts';
import { openPush } from '../../support/push-reader.ts';
import { waitUntil } from '../../support/start-test-proxy.ts';
import { identityOf, startTestPushServer } from '../../support/start-test-push-server.ts';

describe('a push stream', () => {
  test('begins with all that the proxy does not hold, and SYNCED', async () => {
    const server = await startTestPushServer();
    server.board.set('shop', fakeEndpoint('one'), fakeEndpoint('two'));
    const reader = await openPush(server, 'token-a');
    await reader.synced(1);
    expect(reader.types()).toBe('UPSERT UPSERT SYNCED');
    expect(reader.id).toMatch(/^[\w-]{22}$/);
    expect(reader.response.headers['content-type']).toBe('application/x-ndjson');
    expect(reader.response.headers['content-encoding']).toBeUndefined();
  });

  test('gives a proxy that comes back only what it does not hold', async () => {
    const server = await startTestPushServer();
    const one = fakeEndpoint('one');
    server.board.set('shop', one, fakeEndpoint('two', 'new'));
    const reader = await openPush(server, 'token-a', {
      revision: 'old',
      revisionsByName: { one: one.revision, two: 'old', three: 'old', constructor: 'old' },
      version: '1',
    });
    await reader.synced(1);
    expect(reader.types()).toBe('DELETE DELETE UPSERT SYNCED');
    expect(reader.lines.slice(0, 2).map(({ name }) => name)).toEqual(['three', 'constructor']);
    expect(reader.lines[2]).toMatchObject({ endpoint: { name: 'two' } });
  });

  test('follows changes with what differs and nothing else', async () => {
    const server = await startTestPushServer();
    server.board.set('shop', fakeEndpoint('one'), fakeEndpoint('two'));
    const reader = await openPush(server, 'token-a');
    const first = await reader.synced(1);
    server.board.change('shop', { one: null, three: { endpoint: fakeEndpoint('three'), scopes: ['a'] } });
    const second = await reader.synced(2);
    expect(reader.types()).toBe('UPSERT UPSERT SYNCED DELETE UPSERT SYNCED');
    expect(second).not.toBe(first);
    expect(reader.held()).toEqual({ two: fakeEndpoint('two').revision, three: fakeEndpoint('three').revision });
  });

  test('keeps a name that moves from everybody to one app', async () => {
    const server = await startTestPushServer();
    server.board.set('shop', fakeEndpoint('one', 'before'));
    const reader = await openPush(server, 'token-a');
    await reader.synced(1);
    server.board.change('shop', { one: { endpoint: fakeEndpoint('one', 'after'), scopes: ['a'] } });
    await reader.synced(2);
    expect(reader.held()).toEqual({ one: fakeEndpoint('one', 'after').revision });
    server.board.set('shop', fakeEndpoint('one', 'before'));
    await reader.synced(3);
    expect(reader.held()).toEqual({ one: fakeEndpoint('one', 'before').revision });
  });

  test('is silent about a publication that changes nothing for its audience', async () => {
    const server = await startTestPushServer();
    server.board.set('shop', fakeEndpoint('one'));
    const reader = await openPush(server, 'token-a');
    await reader.synced(1);
    const { length } = reader.text;
    server.board.publish({ namespaces: new Set(['shop']), apps: new Set(['shop/a']), endpoints: new Set() });
    server.board.change('shop', { other: { endpoint: fakeEndpoint('other'), scopes: ['b'] } });
    server.board.set('bakery', fakeEndpoint('bread'));
    server.board.change('shop', { last: { endpoint: fakeEndpoint('last'), scopes: ['a'] } });
    await reader.synced(2);
    expect(reader.text.slice(length).split('\n')).toHaveLength(3);
  });

  test('carries a table of many pieces whole', async () => {
    const server = await startTestPushServer();
    const many = Array.from({ length: 400 }, (_, at) => fakeEndpoint(`endpoint-${at}`, 's'.repeat(5_000) + at));
    server.board.set('shop', ...many);
    const reader = await openPush(server, 'token-a');
    await reader.synced(1);
    expect(reader.held()).toEqual(Object.fromEntries(many.map(({ name, revision }) => [name, revision])));
  });

  test('tells two configurations of one app apart', async () => {
    const server = await startTestPushServer();
    server.resultsByToken.set('token-x', {
      state: 'accepted',
      identity: identityOf('a', { configuration: 'strict', podUid: 'x' }),
    });
    const [plain, strict] = [await openPush(server, 'token-a'), await openPush(server, 'token-x')];
    server.board.set('shop', fakeEndpoint('one'));
    await Promise.all([plain.synced(2), strict.synced(2)]);
    strict.response.destroy();
    await waitUntil(() => server.counted.get('streamEnded left') === 1);
    server.board.set('shop', fakeEndpoint('one', 'again'));
    await plain.synced(3);
    expect(plain.held()).toEqual({ one: fakeEndpoint('one', 'again').revision });
  });
});

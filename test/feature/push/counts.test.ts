/** How many proxies may use an endpoint, and how many said that they do. */
import { describe, expect, test } from 'vitest';
import { fakeEndpoint } from '../../support/fake-board.ts';
import { openPush } from '../../support/push-reader.ts';
import { waitUntil } from '../../support/start-test-proxy.ts';
import { startTestPushServer } from '../../support/start-test-push-server.ts';

describe('counts', () => {
  test('follow what proxies acknowledge', async () => {
    const server = await startTestPushServer();
    const { counts } = server.running;
    const told = new Set<string>();
    counts.onChanged((endpoints) => {
      for (const endpoint of endpoints) told.add(endpoint);
    });
    server.board.set('shop', fakeEndpoint('one'));
    server.board.change('shop', { two: { endpoint: fakeEndpoint('two'), scopes: ['b'] } });
    const [a, b] = [await openPush(server, 'token-a'), await openPush(server, 'token-b')];
    await a.acknowledge(await a.synced(1));
    expect(counts.countFor('shop/one')).toEqual({ entitled: 2, programmed: 1 });
    expect(counts.countFor('shop/two')).toEqual({ entitled: 1, programmed: 0 });
    await b.acknowledge(await b.synced(1));
    expect(counts.countFor('shop/two')).toEqual({ entitled: 1, programmed: 1 });
    await waitUntil(() => told.has('shop/one') && told.has('shop/two'));

    server.board.set('shop', fakeEndpoint('one', 'next'));
    const [revisionA, revisionB] = await Promise.all([a.synced(2), b.synced(2)]);
    expect(counts.countFor('shop/one')).toEqual({ entitled: 2, programmed: 0 });
    await a.acknowledge(revisionA);
    await b.acknowledge(revisionB, {
      state: 'refused',
      reasons: [{ endpoint: 'one', message: 'TLS cannot be loaded' }],
    });
    expect(counts.countFor('shop/one')).toEqual({ entitled: 2, programmed: 1 });
    expect(counts.countFor('shop/two')).toEqual({ entitled: 1, programmed: 1 }); // it keeps the table before
    expect(server.lines.filter(({ level }) => level === 'warn')).toEqual([
      {
        level: 'warn',
        message: 'a proxy refuses its table and keeps the last',
        fields: {
          namespace: 'shop',
          pod: 'b-0',
          appId: 'b',
          revision: revisionB,
          reasons: [{ endpoint: 'one', message: 'TLS cannot be loaded' }],
          count: 1,
        },
      },
    ]);
    b.response.destroy();
    await waitUntil(() => counts.countFor('shop/two').entitled === 0);
    expect(counts.countFor('shop/one')).toEqual({ entitled: 1, programmed: 1 });
    expect(counts.countFor('shop')).toEqual({ entitled: 0, programmed: 0 });
    expect(counts.countFor('')).toEqual({ entitled: 0, programmed: 0 });
  });

  test('leave out what a proxy says that it cannot call', async () => {
    const server = await startTestPushServer();
    server.board.set('shop', fakeEndpoint('one'), fakeEndpoint('two'));
    const reader = await openPush(server, 'token-a');
    const reasons = ['one', 'three', '__proto__'].map((endpoint) => ({ endpoint, message: 'no' }));
    await reader.acknowledge(await reader.synced(1), { reasons });
    const { counts } = server.running;
    expect(counts.countFor('shop/one')).toEqual({ entitled: 1, programmed: 0 });
    expect(counts.countFor('shop/two')).toEqual({ entitled: 1, programmed: 1 });
    server.board.set('shop', fakeEndpoint('one', 'next'));
    await reader.acknowledge(await reader.synced(2));
    expect(counts.countFor('shop/one')).toEqual({ entitled: 1, programmed: 1 });
  });

  test('do not take an answer to a table that has been followed by many', async () => {
    const server = await startTestPushServer();
    const reader = await openPush(server, 'token-a');
    const revisions = [await reader.synced(1)];
    for (let round = 2; round <= 12; round += 1) {
      server.board.set('shop', fakeEndpoint('one', `${round}`));
      revisions.push(await reader.synced(round));
    }
    const statuses: number[] = [];
    for (const revision of [revisions[0], 'never sent', revisions[9], revisions[8]])
      statuses.push((await reader.acknowledge(revision ?? '')).status);
    expect(statuses).toEqual([204, 204, 204, 204]);
    expect(server.counted.get('acknowledged outdated')).toBe(3);
    expect(server.counted.get('acknowledged applied')).toBe(1);
    await reader.acknowledge(revisions[11] ?? '');
    expect(server.running.counts.countFor('shop/one')).toEqual({ entitled: 1, programmed: 1 });
  });
});

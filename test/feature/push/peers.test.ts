/** What replicas tell each other. */
import { describe, expect, onTestFinished, test } from 'vitest';
import { systemClock } from '#shared/clock/clock.ts';
import { peerCountsPath } from '../../../operator/push/peer-counts-message.ts';
import { PeerCountsClient, type PeerCountsClientOptions } from '../../../operator/push/peer-counts-client.ts';
import { fakeEndpoint } from '../../support/fake-board.ts';
import { acknowledge, askPush, openPush } from '../../support/push-reader.ts';
import { waitUntil } from '../../support/start-test-proxy.ts';
import { startTestPushServer, type TestPushServer } from '../../support/start-test-push-server.ts';

const forever = new AbortController().signal;

describe('a peer', () => {
  test('learns all counts first, then what changed', async () => {
    const server = await startReplica();
    server.board.set('shop', fakeEndpoint('one'), fakeEndpoint('two'));
    const reader = await openPush(server, 'token-a');
    await waitUntil(() => server.running.counts.countFor('shop/one').entitled === 1);
    const client = clientOf(server);
    expect((await client.poll(forever)).changed).toEqual(new Set(['shop/one', 'shop/two']));
    expect(client.countFor('shop/one')).toEqual({ entitled: 1, programmed: 0 });

    await reader.acknowledge(await reader.synced(1));
    await waitUntil(
      async () => (await client.poll(forever)).changed.size > 0 && client.countFor('shop/one').programmed === 1,
    );
    server.board.set('shop', fakeEndpoint('two', 'next'));
    await waitUntil(async () => {
      const { changed } = await client.poll(forever);
      expect(changed.has('shop/one')).toBe(false);
      return client.countFor('shop/two').programmed === 0;
    });
    expect(client.countFor('shop/one')).toEqual({ entitled: 1, programmed: 1 });

    reader.response.destroy();
    await waitUntil(async () => (await client.poll(forever)).changed.has('shop/one'));
    expect([...client.endpoints()]).toEqual([]);
    expect(await client.poll(forever)).toEqual({ changed: new Set(), acknowledgements: [] });
  });

  test('does not trust an authority that is not ours, and keeps what it knew', async () => {
    const [server, other] = [await startReplica(), await startReplica()];
    server.board.set('shop', fakeEndpoint('one'));
    await (await openPush(server, 'token-a')).synced(1);
    let trusted = server;
    const client = clientOf(server, { caPem: () => trusted.caPem });
    await client.poll(forever);
    trusted = other;
    await expect(client.poll(forever)).rejects.toMatchObject({ name: 'LinkError', kind: 'transient', status: 0 });
    expect(client.countFor('shop/one').entitled).toBe(1);
    trusted = server;
    expect((await client.poll(forever)).changed).toEqual(new Set());
  });

  test.each(['', 'x', '..', '-1.-1.-1', 'NaN.NaN.NaN', '9'.repeat(400), '%00', 'a&after=b'])(
    'with the cursor %j gets everything',
    async (cursor) => {
      const server = await startReplica();
      server.board.set('shop', fakeEndpoint('one'));
      await (await openPush(server, 'token-a')).synced(1);
      const path = `${peerCountsPath}?after=${cursor}`;
      const answer = await askPush(server, { path, method: 'GET', token: 'operator' });
      expect(answer).toMatchObject({ status: 200, headers: { 'cache-control': 'no-store' } });
      expect(JSON.parse(answer.body)).toMatchObject({ isComplete: true, counts: { 'shop/one': [1, 0] } });
    },
  );

  test('is the operator itself and nobody else', async () => {
    const server = await startReplica();
    const ask = (token?: string): ReturnType<typeof askPush> =>
      askPush(server, { path: peerCountsPath, method: 'GET', ...(token === undefined ? {} : { token }) });
    expect((await ask()).status).toBe(401);
    expect((await ask('token-a')).status).toBe(403);
    expect(await ask('unknown now')).toMatchObject({ status: 401 });
    expect(await ask('unknown-now')).toMatchObject({ status: 503, headers: { 'retry-after': '1' } });
    expect((await ask('operator')).status).toBe(200);
    const client = clientOf(server, { token: () => Promise.resolve('token-a') });
    await expect(client.poll(forever)).rejects.toMatchObject({ status: 403 });
  });

  test('passes on an acknowledgement that a load balancer sent to the wrong replica', async () => {
    const [right, wrong] = [await startReplica(), await startReplica()];
    right.board.set('shop', fakeEndpoint('one'));
    const reader = await openPush(right, 'token-a');
    const answer = { stream: reader.id, revision: await reader.synced(1), state: 'applied', reasons: [] };
    expect((await acknowledge(wrong, 'token-a', answer)).status).toBe(204);
    const forged = await acknowledge(wrong, 'token-b', answer);
    expect(forged.status).toBe(204);
    const client = clientOf(wrong);
    const { acknowledgements } = await client.poll(forever);
    expect(acknowledgements.map(({ podUid }) => podUid)).toEqual(['uid-shop-a', 'uid-shop-b']);
    right.running.takeFromPeer(acknowledgements.slice(1));
    expect(right.running.counts.countFor('shop/one')).toEqual({ entitled: 1, programmed: 0 });
    right.running.takeFromPeer(acknowledgements);
    expect(right.running.counts.countFor('shop/one')).toEqual({ entitled: 1, programmed: 1 });
    expect((await client.poll(forever)).acknowledgements).toEqual([]);
  });
});

/** The token `operator` is of the operator itself. */
function startReplica(): Promise<TestPushServer> {
  return startTestPushServer({
    peerResult: (token) =>
      Promise.resolve(token === 'operator' ? 'peer' : token === 'unknown-now' ? 'unavailable' : 'stranger'),
  });
}

function clientOf(server: TestPushServer, options: Partial<PeerCountsClientOptions> = {}): PeerCountsClient {
  const client = new PeerCountsClient({
    host: '127.0.0.1',
    port: server.port,
    serverName: 'localhost',
    caPem: () => server.caPem,
    token: () => Promise.resolve('operator'),
    clock: systemClock,
    ...options,
  });
  onTestFinished(() => client.close());
  return client;
}

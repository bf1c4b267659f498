/** What replicas tell each other. */
import { describe, expect, test } from 'vitest';
import { askReplica, type AskReplicaOptions } from '../../../operator/peers/ask-replica.ts';
import { peerCountsPath, type PeerCountsMessage } from '../../../operator/push/peer-counts-message.ts';
import { fakeEndpoint } from '../../support/fake-board.ts';
import { acknowledge, askPush, openPush } from '../../support/push-reader.ts';
import { waitUntil } from '../../support/start-test-proxy.ts';
import { startTestPushServer, type TestPushServer } from '../../support/start-test-push-server.ts';

describe('a peer', () => {
  test('learns all counts first, then what changed', async () => {
    const server = await startReplica();
    server.board.set('shop', fakeEndpoint('one'), fakeEndpoint('two'));
    const reader = await openPush(server, 'token-a');
    const revision = await reader.synced(1);
    const first = await ask(server);
    expect(first).toMatchObject({ isComplete: true, counts: { 'shop/one': [1, 0], 'shop/two': [1, 0] } });

    await reader.acknowledge(revision);
    const second = await nextNews(server, first, ({ counts }) => counts['shop/one']?.[1] === 1);
    expect(second).toMatchObject({ isComplete: false, counts: { 'shop/one': [1, 1], 'shop/two': [1, 1] } });

    server.board.set('shop', fakeEndpoint('two', 'next'));
    const third = await nextNews(server, second, ({ counts }) => 'shop/two' in counts);
    expect(third).toMatchObject({ isComplete: false, counts: { 'shop/two': [1, 0] } });

    reader.response.destroy();
    const fourth = await nextNews(server, third, ({ counts }) => 'shop/two' in counts);
    expect(fourth.counts).toEqual({ 'shop/one': [0, 0], 'shop/two': [0, 0] });
    expect(await ask(server, { cursor: fourth.cursor })).toEqual({ ...fourth, counts: {} });
    expect((await ask(server)).counts).toEqual({});
  });

  test('does not trust an authority that is not ours', async () => {
    const [server, other] = [await startReplica(), await startReplica()];
    await expect(ask(server, { caPem: other.caPem })).rejects.toMatchObject({ name: 'LinkError', kind: 'transient' });
    await expect(ask(server, { serverName: 'other' })).rejects.toMatchObject({ name: 'LinkError', kind: 'transient' });
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
    const asking = { path: peerCountsPath, method: 'GET' };
    expect((await askPush(server, asking)).status).toBe(401);
    expect((await askPush(server, { ...asking, token: 'unknown now' })).status).toBe(401);
    expect((await askPush(server, { ...asking, token: 'token-a' })).status).toBe(403);
    const later = await askPush(server, { ...asking, token: 'unknown-now' });
    expect(later).toMatchObject({ status: 503, headers: { 'retry-after': '1' } });
    await expect(ask(server, { token: 'token-a' })).rejects.toMatchObject({ status: 403 });
  });

  test('passes on an acknowledgement that a load balancer sent to the wrong replica', async () => {
    const [right, wrong] = [await startReplica(), await startReplica()];
    right.board.set('shop', fakeEndpoint('one'));
    const reader = await openPush(right, 'token-a');
    const answer = { stream: reader.id, revision: await reader.synced(1), state: 'applied', reasons: [] };
    expect((await acknowledge(wrong, 'token-a', answer)).status).toBe(204);
    const forged = await acknowledge(wrong, 'token-b', answer);
    expect(forged.status).toBe(204);
    const { acknowledgements, cursor } = await ask(wrong);
    expect(acknowledgements.map(({ podUid }) => podUid)).toEqual(['uid-shop-a', 'uid-shop-b']);
    right.running.takeFromPeer(acknowledgements.slice(1));
    expect(right.running.counts.countFor('shop/one')).toEqual({ entitled: 1, programmed: 0 });
    right.running.takeFromPeer(acknowledgements);
    expect(right.running.counts.countFor('shop/one')).toEqual({ entitled: 1, programmed: 1 });
    expect((await ask(wrong, { cursor })).acknowledgements).toEqual([]);
  });
});

/** The token `operator` is of the operator itself. */
function startReplica(): Promise<TestPushServer> {
  return startTestPushServer({
    peerResult: (token) =>
      Promise.resolve(token === 'operator' ? 'peer' : token === 'unknown-now' ? 'unavailable' : 'stranger'),
  });
}

function ask(server: TestPushServer, options: Partial<AskReplicaOptions> = {}): Promise<PeerCountsMessage> {
  return askReplica({
    address: `127.0.0.1:${server.port}`,
    cursor: '',
    token: 'operator',
    caPem: server.caPem,
    serverName: 'localhost',
    signal: new AbortController().signal,
    ...options,
  });
}

/** What is news since a message, as soon as it holds what is waited for. */
async function nextNews(
  server: TestPushServer,
  { cursor }: PeerCountsMessage,
  isThere: (news: PeerCountsMessage) => boolean,
): Promise<PeerCountsMessage> {
  let news = await ask(server, { cursor });
  await waitUntil(async () => isThere(news) || isThere((news = await ask(server, { cursor }))));
  return news;
}

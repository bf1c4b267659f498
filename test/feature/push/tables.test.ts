/** The real tables behind the real push server. */
import { describe, expect, onTestFinished, test } from 'vitest';
import { systemClock } from '#shared/clock/clock.ts';
import { TableBook } from '../../../operator/tables/table-book.ts';
import { ClusterFeed } from '../../support/cluster-feed.ts';
import { memoryLogger } from '../../support/memory-logger.ts';
import { openPush } from '../../support/push-reader.ts';
import { waitUntil } from '../../support/start-test-proxy.ts';
import { identityOf, startTestPushServer, type TestPushServer } from '../../support/start-test-push-server.ts';

describe('tables of a cluster', () => {
  test('reach the apps that they are for, with secrets that change', async () => {
    const { feed, server } = await startCluster();
    const [a, b] = [await openPush(server, 'token-a'), await openPush(server, 'token-b')];
    feed.apply(secret('first value'));
    feed.apply(endpoint('github', ['a']));
    feed.apply(endpoint('plain'));
    await waitUntil(() => 'github' in a.held() && 'plain' in b.held());
    feed.apply(secret('second value'));
    await waitUntil(() => a.text.includes('second value'));
    feed.delete(endpoint('plain'));
    await waitUntil(() => !('plain' in b.held()));
    expect(Object.keys(a.held())).toEqual(['github']);
    expect(b.text).not.toMatch(/github|value/);

    await a.acknowledge(a.revisions.at(-1) ?? '');
    expect(server.running.counts.countFor('shop/github')).toEqual({ entitled: 1, programmed: 1 });
  });

  test('are resumed by another replica without a byte of what is held', async () => {
    const [first, second] = [await startCluster(), await startCluster()];
    for (const { feed } of [first, second]) {
      feed.apply(secret('value'));
      feed.apply(endpoint('github'));
    }
    const before = await openPush(first.server, 'token-a');
    await waitUntil(() => 'github' in before.held());
    const hello = { revision: before.revisions.at(-1), revisionsByName: before.held(), version: 'test' };
    const ahead = await openPush(second.server, 'token-b');
    await waitUntil(() => 'github' in ahead.held());
    const after = await openPush(second.server, 'token-a', hello);
    expect(await after.synced(1)).toBe(hello.revision);
    expect(after.types()).toBe('SYNCED');
  });

  test('differ by the Configuration of the pod', async () => {
    const { feed, server } = await startCluster();
    const identity = identityOf('c', { configuration: 'strict' });
    server.resultsByToken.set('token-strict', { state: 'accepted', identity });
    feed.apply(secret('hidden value'));
    feed.apply(endpoint('github'));
    feed.apply({
      kind: 'Configuration',
      apiVersion: 'dapr.io/v1alpha1',
      metadata: { name: 'strict', namespace: 'shop' },
      spec: { secrets: { scopes: [{ storeName: 'kubernetes', defaultAccess: 'deny' }] } },
    });
    const [strict, plain] = [await openPush(server, 'token-strict'), await openPush(server, 'token-a')];
    await waitUntil(() => 'github' in strict.held() && 'github' in plain.held());
    expect(plain.text).toContain('hidden value');
    expect(strict.text).not.toContain('hidden value');
    await strict.acknowledge(strict.revisions.at(-1) ?? '');
    await plain.acknowledge(plain.revisions.at(-1) ?? '');
    expect(server.running.counts.countFor('shop/github')).toEqual({ entitled: 2, programmed: 2 });
  });
});

async function startCluster(): Promise<{ readonly feed: ClusterFeed; readonly server: TestPushServer }> {
  const fingerprintKey = 'of all replicas';
  const feed = new ClusterFeed(fingerprintKey);
  const logger = memoryLogger([]);
  const board = new TableBook({
    feed,
    fingerprintKey,
    clock: systemClock,
    logger,
    holdOff: { quietMs: 1, longestMs: 20 },
  });
  feed.follow(board);
  const end = new AbortController();
  const running = board.run(end.signal);
  onTestFinished(async () => {
    end.abort();
    await running;
  });
  await waitUntil(() => board.isReady());
  return { feed, server: await startTestPushServer({ board }) };
}

function endpoint(name: string, scopes: readonly string[] = []): Parameters<ClusterFeed['apply']>[0] {
  return {
    kind: 'HTTPEndpoint',
    apiVersion: 'dapr.io/v1alpha1',
    metadata: { name, namespace: 'shop' },
    spec: {
      baseUrl: `https://${name}.example`,
      headers: name === 'plain' ? [] : [{ name: 'authorization', secretKeyRef: { name: 'keys', key: 'token' } }],
    },
    scopes,
  };
}

function secret(value: string): Parameters<ClusterFeed['apply']>[0] {
  return {
    kind: 'Secret',
    apiVersion: 'v1',
    metadata: { name: 'keys', namespace: 'shop' },
    data: { token: Buffer.from(value).toString('base64') },
  };
}

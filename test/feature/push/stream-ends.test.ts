/** When a stream ends, and what its proxy is told before. */
import { describe, expect, test } from 'vitest';
import { tablesPath } from '#shared/push/push-channel.ts';
import { fakeEndpoint } from '../../support/fake-board.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { askPush, openPush } from '../../support/push-reader.ts';
import { waitUntil } from '../../support/start-test-proxy.ts';
import { identityOf, startTestPushServer } from '../../support/start-test-push-server.ts';

describe('a third stream of a pod', () => {
  test('ends the oldest, which is told', async () => {
    const server = await startTestPushServer();
    const [first, second, third] = [
      await openPush(server, 'token-a'),
      await openPush(server, 'token-a'),
      await openPush(server, 'token-a'),
    ];
    await first.ended();
    expect(first.types()).toBe('SYNCED DRAIN');
    expect(first.isComplete).toBe(true);
    server.board.set('shop', fakeEndpoint('one'));
    await Promise.all([second.synced(2), third.synced(2)]);
    expect(server.counted.get('streamEnded replaced')).toBe(1);
    expect(server.running.counts.countFor('shop/one').entitled).toBe(2);
  });
});

describe('streams in all', () => {
  test('are as many as there may be; then another replica is to be asked, later', async () => {
    const server = await startTestPushServer({ limits: { maxStreams: 2 } });
    await openPush(server, 'token-a');
    const second = await openPush(server, 'token-b');
    const refused = await askPush(server, { path: tablesPath, token: 'token-c' });
    expect(refused.status).toBe(503);
    expect(Number(refused.headers['retry-after'])).toBeGreaterThan(0);
    expect(JSON.parse(refused.body)).toMatchObject({ code: 'overloaded' });
    second.response.destroy();
    await waitUntil(() => server.counted.get('streamEnded left') === 1);
    await openPush(server, 'token-c');
  });
});

describe('a stream', () => {
  test('ends when its pod does', async () => {
    const server = await startTestPushServer();
    const [gone, stays] = [await openPush(server, 'token-a'), await openPush(server, 'token-b')];
    await gone.synced(1);
    server.endIdentity(identityOf('a').podUid);
    await gone.ended();
    expect(gone.isComplete).toBe(true);
    server.board.set('shop', fakeEndpoint('one'));
    await stays.synced(2);
    expect(gone.types()).toBe('SYNCED');
    expect(server.counted.get('streamEnded identity-ended')).toBe(1);
  });

  test('ends with its token, and is told before', async () => {
    const clock = new ManualClock();
    const server = await startTestPushServer({ clock });
    const identity = identityOf('a', { expiresAtMs: clock.epochMs() + 600_000 });
    server.resultsByToken.set('short', { state: 'accepted', identity });
    const reader = await openPush(server, 'short');
    await reader.synced(1);
    await advance(clock, 539_000);
    expect(reader.lines.filter(({ type }) => type === 'DRAIN')).toEqual([]);
    await advance(clock, 2_000);
    await waitUntil(() => reader.types().endsWith('DRAIN'));
    const reconnectAfterMs = reader.lines.at(-1)?.['reconnectAfterMs'];
    expect(reconnectAfterMs).toBeGreaterThanOrEqual(0);
    expect(reconnectAfterMs).toBeLessThanOrEqual(30_000);
    server.board.set('shop', fakeEndpoint('one')); // it stays in use until then
    await reader.synced(2);
    await advance(clock, 60_000);
    await reader.ended();
    expect(server.counted.get('streamEnded expired')).toBe(1);
  });

  test('is not opened with a token that has just ended', async () => {
    const server = await startTestPushServer();
    server.resultsByToken.set('old', { state: 'accepted', identity: identityOf('a', { expiresAtMs: Date.now() - 1 }) });
    expect((await askPush(server, { path: tablesPath, token: 'old' })).status).toBe(401);
  });

  test('hears PING after 15 s of silence, and not before', async () => {
    const clock = new ManualClock();
    const server = await startTestPushServer({ clock });
    const reader = await openPush(server, 'token-a');
    await reader.synced(1);
    await advance(clock, 13_000);
    server.board.set('shop', fakeEndpoint('one'));
    await reader.synced(2);
    await advance(clock, 14_000);
    expect(reader.types()).toBe('SYNCED UPSERT SYNCED');
    await advance(clock, 2_000);
    await waitUntil(() => reader.types() === 'SYNCED UPSERT SYNCED PING');
    await advance(clock, 16_000);
    await waitUntil(() => reader.types() === 'SYNCED UPSERT SYNCED PING PING');
  });
});

describe('drain', () => {
  test('asks all proxies to go at different times, and ends when they have gone', async () => {
    const server = await startTestPushServer();
    const readers = await Promise.all(['a', 'b', 'c', 'd', 'e'].map((app) => openPush(server, `token-${app}`)));
    await Promise.all(readers.map((reader) => reader.synced(1)));
    const drained = server.running.drain(20_000);
    await waitUntil(() => readers.every((reader) => reader.types() === 'SYNCED DRAIN'));
    const delays = readers.map((reader) => Number(reader.lines[1]?.['reconnectAfterMs']));
    expect(Math.max(...delays)).toBeLessThanOrEqual(10_000);
    expect(new Set(delays).size).toBeGreaterThan(1);
    await expect(openPush(server, 'token-a')).rejects.toThrow('ECONNREFUSED');
    server.board.set('shop', fakeEndpoint('one')); // until they go they follow changes
    await Promise.all(readers.map((reader) => reader.synced(2)));
    for (const reader of readers) reader.response.destroy();
    await drained;
  });

  test('ends the streams of those who stay, within its time', async () => {
    const clock = new ManualClock();
    const server = await startTestPushServer({ clock });
    const reader = await openPush(server, 'token-a');
    await reader.synced(1);
    const drained = server.running.drain(10_000);
    await waitUntil(() => reader.types() === 'SYNCED DRAIN');
    await advance(clock, 10_000);
    await drained;
    await reader.ended();
    expect(server.counted.get('streamEnded drained')).toBe(1);
  });

  test('asks again whoever was asked to go at a later time, when the token ends', async () => {
    const clock = new ManualClock();
    const server = await startTestPushServer({ clock });
    const identity = identityOf('a', { expiresAtMs: clock.epochMs() + 600_000 });
    server.resultsByToken.set('short', { state: 'accepted', identity });
    const reader = await openPush(server, 'short');
    await reader.synced(1);
    await advance(clock, 541_000);
    await waitUntil(() => reader.types().endsWith('DRAIN'));
    const drained = server.running.drain(10_000);
    await waitUntil(() => reader.types().endsWith('DRAIN DRAIN'));
    expect(reader.lines.at(-1)?.['reconnectAfterMs']).toBeLessThanOrEqual(6_000);
    reader.response.destroy();
    await drained;
  });

  test('refuses streams on connections that are open', async () => {
    const server = await startTestPushServer();
    const reader = await openPush(server, 'token-a');
    const agent = new (await import('node:https')).Agent({ keepAlive: true, maxSockets: 1 });
    expect((await askPush(server, { path: tablesPath, token: 'token-b', body: 'x', agent })).status).toBe(400);
    const slow = askPush(server, { path: tablesPath, token: 'token-b', agent });
    const drained = server.running.drain(5_000);
    const outcome = await slow.then(
      ({ status }) => status,
      (error: NodeJS.ErrnoException) => error.code,
    );
    expect([503, 'ECONNRESET', 'ECONNREFUSED']).toContain(outcome);
    reader.response.destroy();
    await drained;
    agent.destroy();
  });
});

/** Second by second, with the server's own work in between. */
async function advance(clock: ManualClock, byMs: number): Promise<void> {
  for (let doneMs = 0; doneMs < byMs; doneMs += 1_000) {
    clock.advance(1_000);
    await new Promise((resolve) => void setImmediate(resolve));
  }
}

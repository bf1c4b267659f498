/** A proxy that does not read costs the operator a bounded amount, and the others nothing. */
import { describe, expect, test } from 'vitest';
import { fakeEndpoint } from '../../support/fake-board.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { openPush } from '../../support/push-reader.ts';
import { waitUntil } from '../../support/start-test-proxy.ts';
import { untilStill } from '../../support/until-still.ts';
import { startTestPushServer, type TestPushServer } from '../../support/start-test-push-server.ts';

/** More than the two kernels and both ends' streams take in together. */
const tableBytes = 12 * 1024 * 1024;
const endpointBytes = 64 * 1024;
const maxTakenBytes = 10 * 1024 * 1024;

describe('a proxy that stops reading', () => {
  test('is sent no more than the connection takes, and then the newest table', async () => {
    const server = await startTestPushServer();
    const [slow, quick] = [await openPush(server, 'token-a'), await openPush(server, 'token-b')];
    await Promise.all([slow.synced(1), quick.synced(1)]);
    slow.response.pause();
    const rounds = 3;
    for (let round = 1; round <= rounds; round += 1) {
      fill(server, round);
      await quick.synced(round + 1);
    }
    const sentToSlow = (server.counted.get('bytesSent') ?? 0) - Buffer.byteLength(quick.text);
    expect(sentToSlow).toBeLessThan(maxTakenBytes);
    slow.response.resume();
    await waitUntil(() => slow.revisions.at(-1) === quick.revisions.at(-1) || slow.isEnded);
    expect(slow.held()).toEqual(quick.held());
    expect(slow.revisions.length).toBeLessThan(rounds + 1);
  });

  test('is closed after half a minute, without a PING in between', async () => {
    const clock = new ManualClock();
    const server = await startTestPushServer({ clock });
    const [slow, quick] = [await openPush(server, 'token-a'), await openPush(server, 'token-b')];
    await Promise.all([slow.synced(1), quick.synced(1)]);
    slow.response.pause();
    fill(server, 1);
    await quick.synced(2);
    await untilStill(() => server.counted.get('bytesSent') ?? 0);
    const before = server.counted.get('bytesSent');
    for (let second = 0; second < 29; second += 1) await nextSecond(clock);
    expect(server.counted.get('streamEnded stalled')).toBeUndefined();
    await waitUntil(() => quick.types().endsWith('PING'));
    expect(server.counted.get('bytesSent')).toBe((before ?? 0) + '{"type":"PING"}\n'.length);
    await nextSecond(clock);
    await nextSecond(clock);
    await waitUntil(() => server.counted.get('streamEnded stalled') === 1);
    slow.response.resume();
    await slow.ended();
    expect(slow.isComplete).toBe(false);
    expect(quick.isEnded).toBe(false);
  });

  test('is cut off when its pod ends', async () => {
    const server = await startTestPushServer({ limits: { lingerMs: 0 } });
    const slow = await openPush(server, 'token-a');
    await slow.synced(1);
    slow.response.pause();
    fill(server, 1);
    await untilStill(() => server.counted.get('bytesSent') ?? 0);
    server.endIdentity('uid-shop-a');
    await waitUntil(() => server.counted.get('streamEnded identity-ended') === 1);
    expect(server.running.counts.countFor('shop/endpoint-1')).toEqual({ entitled: 0, programmed: 0 });
  });
});

/** Another table for everybody. */
function fill(server: TestPushServer, round: number): void {
  const count = tableBytes / endpointBytes;
  const text = `${round}`.padEnd(endpointBytes, 'x');
  server.board.set('shop', ...Array.from({ length: count }, (_, at) => fakeEndpoint(`endpoint-${at}`, text + at)));
}

async function nextSecond(clock: ManualClock): Promise<void> {
  clock.advance(1_000);
  await new Promise((resolve) => void setImmediate(resolve));
}

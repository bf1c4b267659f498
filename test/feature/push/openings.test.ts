/** What may end between a token and a stream. */
import { describe, expect, test } from 'vitest';
import { tablesPath } from '#shared/push/push-channel.ts';
import { fakeEndpoint } from '../../support/fake-board.ts';
import { openPush, openTlsConnection } from '../../support/push-reader.ts';
import { waitUntil } from '../../support/start-test-proxy.ts';
import { identityOf, startTestPushServer } from '../../support/start-test-push-server.ts';

const header = (length: number): string =>
  `POST ${tablesPath} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer token-a\r\nContent-Length: ${length}\r\n\r\n`;

describe('a pod that ends while its Hello comes', () => {
  test('gets no stream, and no byte of a table', async () => {
    const server = await startTestPushServer();
    server.board.set('shop', fakeEndpoint('one'));
    const connection = await openTlsConnection(server);
    let asked = 0;
    server.onAuthenticated = () => (asked += 1);
    connection.send(`${header(2)}{`);
    await waitUntil(() => asked === 1);
    server.endIdentity(identityOf('a').podUid);
    connection.send('}');
    const answer = await connection.receives('ended meanwhile');
    expect(answer).toMatch(/^HTTP\/1\.1 401 /);
    expect(answer).not.toContain('secret');
    expect(server.counted.get('streamOpened')).toBeUndefined();
  });
});

describe('more requests behind a stream on its connection', () => {
  test.each(['at once', 'later'])('that come %s open no other stream, and nothing is left of them', async (when) => {
    const server = await startTestPushServer();
    server.board.set('shop', fakeEndpoint('one'));
    const connection = await openTlsConnection(server);
    const hello = `${header(2)}{}`;
    connection.send(when === 'at once' ? hello.repeat(5) : hello);
    await connection.receives('SYNCED');
    if (when === 'later') {
      connection.send(hello);
      await connection.closed();
    } else connection.socket.destroy();
    await waitUntil(() => server.counted.get('streamEnded left') === 1);
    await openPush(server, 'token-b');
    expect(server.running.counts.countFor('shop/one').entitled).toBe(1);
    expect(server.counted.get('streamOpened')).toBe(2);
  });
});

describe('a caller that leaves', () => {
  test.each([
    ['while it is asked who it is', ''],
    ['in the middle of its Hello', '{"revi'],
  ])('%s leaves nothing behind', async (_, beginning) => {
    const server = await startTestPushServer({ limits: { maxBodyBytesInAll: 4_096 } });
    for (let round = 0; round < 3; round += 1) {
      const connection = await openTlsConnection(server);
      let asked = 0;
      server.onAuthenticated = () => (asked += 1);
      connection.send(header(1_000) + beginning);
      await waitUntil(() => asked === 1);
      connection.socket.destroy();
      await waitUntil(() => server.counted.get('requestRefused bad-request') === round + 1);
    }
    const connection = await openTlsConnection(server);
    connection.send(`${header(2)}{}`);
    expect(await connection.receives('SYNCED')).toContain('HTTP/1.1 200 OK');
  });
});

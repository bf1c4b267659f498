/** Connections on which nobody authenticates: slow, broken, too many. The proxies that are connected do not notice. */
import { connect as connectTcp, type Socket } from 'node:net';
import { describe, expect, onTestFinished, test } from 'vitest';
import { tablesPath } from '#shared/push/push-channel.ts';
import { fakeEndpoint } from '../../support/fake-board.ts';
import { askPush, openPush, openTlsConnection, type PushReader } from '../../support/push-reader.ts';
import { RawConnection } from '../../support/raw-connection.ts';
import { waitUntil } from '../../support/start-test-proxy.ts';
import { startTestPushServer, type TestPushServer } from '../../support/start-test-push-server.ts';

const request = `POST ${tablesPath} HTTP/1.1\r\nHost: localhost\r\n`;

describe('a connection', () => {
  test('that never begins TLS is closed', async () => {
    const server = await startTestPushServer({ limits: { handshakeTimeoutMs: 1_000 } });
    const reader = await openPush(server, 'token-a');
    const silent = await openTcp(server);
    await silent.closed();
    await goesOn(server, reader);
    expect(server.counted.get('connectionRefused timeout')).toBe(1);
  });

  test('that does not speak TLS is closed', async () => {
    const server = await startTestPushServer();
    const reader = await openPush(server, 'token-a');
    for (const text of ['GET / HTTP/1.1\r\n\r\n', '\0'.repeat(1_000), '\x16\x03\x01\xff\xff' + 'x'.repeat(70_000)]) {
      const connection = await openTcp(server);
      connection.send(text);
      await connection.closed();
      expect(connection.received).not.toContain('HTTP');
    }
    await goesOn(server, reader);
    expect(server.counted.get('connectionRefused tls')).toBe(3);
    expect(server.counted.get('connectionRefused malformed')).toBeUndefined();
  });

  test.each([
    ['says nothing', ''],
    ['sends its header slowly', request],
    ['sends its body slowly', `${request}Authorization: Bearer token-b\r\nContent-Length: 10\r\n\r\n{`],
  ])('that %s is closed with 408', async (_, text) => {
    const server = await startTestPushServer({ limits: { headerTimeoutMs: 1_000, requestTimeoutMs: 1_500 } });
    const reader = await openPush(server, 'token-a');
    const connection = await openTlsConnection(server);
    connection.send(text);
    const answer = await connection.receives('\r\n\r\n{"code":');
    await connection.closed();
    expect(answer).toMatch(/^HTTP\/1\.1 408 Request Timeout\r\nContent-Type: application\/json\r\n/);
    await goesOn(server, reader);
  });

  test.each([
    ['a header that is too large', `${request}X: ${'x'.repeat(20_000)}\r\n\r\n`, 431],
    ['a flood of fields', request + 'X: x\r\n'.repeat(10_000), 431],
    ['no HTTP', 'hello\r\n\r\n', 400],
    ['HTTP/2', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 400],
    ['two lengths', `${request}Content-Length: 1\r\nContent-Length: 2\r\n\r\n`, 400],
    ['a length and chunks', `${request}Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n`, 400],
    ['no host', `POST ${tablesPath} HTTP/1.1\r\n\r\n`, 400],
    ['a broken chunk', `${request}Authorization: Bearer token-b\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n`, 400],
  ])('with %s is answered and closed', async (_, text, status) => {
    const server = await startTestPushServer();
    const reader = await openPush(server, 'token-a');
    const connection = await openTlsConnection(server);
    connection.send(text);
    await connection.closed();
    expect(connection.received).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `));
    expect(server.counted.get('connectionRefused tls')).toBeUndefined();
    await goesOn(server, reader);
  });

  test('with hundreds of small fields is refused too', async () => {
    const server = await startTestPushServer();
    const headers = Object.fromEntries(Array.from({ length: 500 }, (_, at) => [`x-${at}`, 'x']));
    expect((await askPush(server, { path: tablesPath, headers })).status).toBe(431);
  });
});

describe('strangers', () => {
  test('are limited, and connections of proxies do not count', async () => {
    const server = await startTestPushServer({ limits: { maxStrangers: 4 } });
    const readers = [await openPush(server, 'token-a'), await openPush(server, 'token-b')];
    const connections: RawConnection[] = [];
    for (let count = 0; count < 10; count += 1) connections.push(await openTlsConnection(server));
    await waitUntil(() => server.counted.get('connectionRefused too-many') === 6);
    await waitUntil(() => connections.filter(({ isClosed }) => isClosed).length === 6);
    expect(connections.slice(-4).every(({ isClosed }) => !isClosed)).toBe(true);
    readers.push(await openPush(server, 'token-c'));
    for (const reader of readers) await reader.synced(1);
    await goesOn(server, ...readers);
  });

  test('that come and go by the hundred leave nothing behind', async () => {
    const server = await startTestPushServer({ limits: { maxStrangers: 16 } });
    const reader = await openPush(server, 'token-a');
    const sockets: Socket[] = [];
    for (let count = 0; count < 300; count += 1) {
      const socket = connectTcp({ host: '127.0.0.1', port: server.port });
      socket.on('error', () => socket.destroy());
      if (count % 3 === 0) socket.resetAndDestroy();
      sockets.push(socket);
    }
    await waitUntil(() => sockets.filter(({ destroyed }) => !destroyed).length <= 16);
    await goesOn(server, reader);
    for (const socket of sockets) socket.destroy();
    expect(await (await openPush(server, 'token-b')).synced(1)).toBe(reader.revisions.at(-1));
  });
});

/** The stream gets the next change. */
async function goesOn(server: TestPushServer, ...readers: readonly PushReader[]): Promise<void> {
  server.board.set('shop', fakeEndpoint(`after-${Math.random()}`));
  await Promise.all(readers.map((reader) => reader.synced(2)));
  expect(readers.every(({ isEnded }) => !isEnded)).toBe(true);
}

async function openTcp({ port }: TestPushServer): Promise<RawConnection> {
  const socket = connectTcp({ host: '127.0.0.1', port });
  onTestFinished(() => void socket.destroy());
  await new Promise<void>((resolve, reject) => {
    socket.once('connect', resolve).once('error', reject);
  });
  return new RawConnection(socket);
}

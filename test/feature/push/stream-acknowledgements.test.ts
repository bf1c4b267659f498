/** Acknowledgements on the request of their stream, as proxies send them. */
import { describe, expect, test } from 'vitest';
import { jsonLinesType, tablesPath } from '#shared/push/push-channel.ts';
import { maxAcknowledgementBytes } from '#shared/push/push-message.ts';
import { fakeEndpoint } from '../../support/fake-board.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { askPush, openTlsConnection, openTwoWayPush } from '../../support/push-reader.ts';
import type { RawConnection } from '../../support/raw-connection.ts';
import { waitUntil } from '../../support/start-test-proxy.ts';
import { startTestPushServer, type TestPushServer } from '../../support/start-test-push-server.ts';

const header = `POST ${tablesPath} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer token-a\r\nContent-Type: ${jsonLinesType}\r\nTransfer-Encoding: chunked\r\n\r\n`;

function lineFor(revision: string, more: Readonly<Record<string, unknown>> = {}): string {
  return `${JSON.stringify({ revision, state: 'applied', reasons: [], ...more })}\n`;
}

function chunk(text: string): string {
  return `${Buffer.byteLength(text).toString(16)}\r\n${text}\r\n`;
}

async function openRaw(server: TestPushServer): Promise<RawConnection> {
  const connection = await openTlsConnection(server);
  connection.send(header + chunk('{}\n'));
  await connection.receives('SYNCED');
  return connection;
}

function programmed(server: TestPushServer): number {
  return server.running.counts.countFor('shop/one').programmed;
}

function applied(server: TestPushServer): number {
  return server.counted.get('acknowledged applied') ?? 0;
}

describe('acknowledgements on the request of a stream', () => {
  test('count, in whatever pieces they come, without another token or connection', async () => {
    const server = await startTestPushServer();
    server.board.set('shop', fakeEndpoint('one'));
    let reviews = 0;
    server.onAuthenticated = () => (reviews += 1);
    const { reader, request } = await openTwoWayPush(server, 'token-a');
    request.write(lineFor(await reader.synced(1)));
    await waitUntil(() => programmed(server) === 1);
    server.board.set('shop', fakeEndpoint('one', 'next'));
    const line = lineFor(await reader.synced(2), { stream: 'ignored', reasons: [{ endpoint: 'two', message: 'é' }] });
    expect(programmed(server)).toBe(0);
    for (const byte of Buffer.from(line)) request.write(Buffer.of(byte));
    await waitUntil(() => programmed(server) === 1);
    expect([applied(server), reviews, reader.isEnded]).toEqual([2, 1, false]);
  });

  test('may come with the Hello, and several at once', async () => {
    const server = await startTestPushServer();
    const connection = await openTlsConnection(server);
    connection.send(
      header + chunk(`{}\n${lineFor('never sent')}${lineFor('x').slice(0, 5)}`) + chunk(lineFor('x').slice(5)),
    );
    await waitUntil(() => server.counted.get('acknowledged outdated') === 2);
    expect(connection.isClosed).toBe(false);
  });

  test('may end; the stream goes on, and what is left is the last of them', async () => {
    const server = await startTestPushServer();
    server.board.set('shop', fakeEndpoint('one'));
    const { reader, request } = await openTwoWayPush(server, 'token-a');
    request.end(lineFor(await reader.synced(1)).trimEnd());
    await waitUntil(() => programmed(server) === 1);
    server.board.set('shop', fakeEndpoint('one', 'next'));
    await reader.synced(2);
    expect(reader.isEnded).toBe(false);
  });

  test.each([
    ['no JSON', 'the-secret\n'],
    ['an empty line', '\n'],
    ['another shape', lineFor('x', { state: 'the-secret' })],
    ['a line that is too long', lineFor('x'.repeat(maxAcknowledgementBytes))],
    ['a line that is too long and has no end', 'x'.repeat(maxAcknowledgementBytes + 1)],
  ])('that are %s end the stream, and say so', async (_what, text) => {
    const server = await startTestPushServer();
    const { reader, request } = await openTwoWayPush(server, 'token-a');
    await reader.synced(1);
    request.write(text + lineFor(await reader.synced(1)));
    await reader.ended();
    await waitUntil(() => server.counted.get('streamEnded malformed-acknowledgement') === 1);
    expect(applied(server)).toBe(0);
    const said = server.lines.filter(({ level }) => level === 'warn');
    expect(said).toEqual([
      {
        level: 'warn',
        message: 'a stream ends because of its acknowledgements',
        fields: { namespace: 'shop', pod: 'a-0', appId: 'a', reason: 'malformed-acknowledgement' },
      },
    ]);
  });

  test('that are too many end the stream', async () => {
    const server = await startTestPushServer({ clock: new ManualClock() });
    const { reader, request } = await openTwoWayPush(server, 'token-a');
    await reader.synced(1);
    request.write(lineFor('x').repeat(101));
    await reader.ended();
    await waitUntil(() => server.counted.get('streamEnded too-many-acknowledgements') === 1);
    expect(server.counted.get('acknowledged outdated')).toBe(100);
  });

  test('whose line does not come to its end in time end the stream; without one it stays open', async () => {
    const server = await startTestPushServer({ limits: { requestTimeoutMs: 100 } });
    const [open, slow] = [await openTwoWayPush(server, 'token-a'), await openTwoWayPush(server, 'token-b')];
    slow.request.write('{');
    await slow.reader.ended();
    await waitUntil(() => server.counted.get('streamEnded malformed-acknowledgement') === 1);
    open.request.write(lineFor(await open.reader.synced(1)));
    await waitUntil(() => applied(server) === 1);
    expect(open.reader.isEnded).toBe(false);
  });

  test('that come in pieces end the stream when there is no room, and whole ones do not', async () => {
    const server = await startTestPushServer({ limits: { maxBodyBytesInAll: 4_096 } });
    const [first, second] = [await openTwoWayPush(server, 'token-a'), await openTwoWayPush(server, 'token-b')];
    const lines = [lineFor(await first.reader.synced(1)), lineFor(await second.reader.synced(1))];
    first.request.write('x'.repeat(4_097));
    await first.reader.ended();
    second.request.write(lines[1]);
    await waitUntil(() => applied(server) === 1);
    expect(server.counted.get('streamEnded overloaded')).toBe(1);
  });
});

describe('a request that stays open', () => {
  test('is closed with its stream', async () => {
    const server = await startTestPushServer();
    const connection = await openRaw(server);
    server.endIdentity('uid-shop-a');
    await connection.closed();
    expect(connection.received.endsWith('\r\n0\r\n\r\n')).toBe(true);
    expect(server.counted.get('streamEnded identity-ended')).toBe(1);
  });

  test('and is broken off ends the stream without another word', async () => {
    const server = await startTestPushServer();
    const connection = await openRaw(server);
    connection.send('zz\r\n');
    await connection.closed();
    expect(connection.received.match(/HTTP\/1\.1/g)).toHaveLength(1);
    await waitUntil(() => server.counted.get('streamEnded left') === 1);
  });

  test.each([
    ['whose Hello does not come to its end', '{', '408 Request Timeout'],
    ['whose Hello is refused', '{"revision":1}\n', '400 Bad Request'],
  ])('%s is answered, and closed in time', async (_what, text, status) => {
    const server = await startTestPushServer({ limits: { requestTimeoutMs: 100 } });
    const connection = await openTlsConnection(server);
    connection.send(header + chunk(text));
    await connection.closed();
    expect(connection.received).toMatch(new RegExp(`^HTTP/1\\.1 ${status}\r\n`));
    expect(server.counted.get('streamOpened')).toBeUndefined();
  });

  test('without a good token is answered, and closed in time', async () => {
    const server = await startTestPushServer({ limits: { requestTimeoutMs: 100 } });
    const connection = await openTlsConnection(server);
    connection.send(header.replace('token-a', 'stranger') + chunk('{}\n'));
    await connection.closed();
    expect(connection.received).toMatch(/^HTTP\/1\.1 401 /);
  });

  test('may be a Hello alone, with its length', async () => {
    const server = await startTestPushServer();
    const headers = { 'content-type': `${jsonLinesType}; charset=utf-8` };
    const asked = askPush(server, { path: tablesPath, token: 'token-a', body: '{}', headers });
    await waitUntil(() => server.counted.get('streamOpened') === 1);
    server.endIdentity('uid-shop-a');
    expect((await asked).body).toContain('SYNCED');
  });
});

/** Bad bytes behind a good request never disturb the answer to it, whichever is ready first. */
import type { ServerResponse } from 'node:http';
import { expect, test } from 'vitest';
import { expectAlive } from '../support/expect-alive.ts';
import { httpEndpoint } from '../support/http-endpoint.ts';
import { openRawConnection, statusesIn } from '../support/raw-connection.ts';
import { startTestProxy, waitUntil, type TestProxy } from '../support/start-test-proxy.ts';
import { startUpstream } from '../support/start-upstream.ts';

interface HeldUpstream {
  readonly proxy: TestProxy;
  /** Responses that wait for the test, in the order of their requests. */
  readonly held: ServerResponse[];
}

/** Answers `/alive` at once and leaves every other request to the test. */
async function startHeldUpstream(): Promise<HeldUpstream> {
  const held: ServerResponse[] = [];
  const upstream = await startUpstream((request, response) => {
    if (request.url === '/alive') response.end('ok');
    else held.push(response);
  });
  return { held, proxy: await startTestProxy({ resources: { 'up.yaml': httpEndpoint('up', upstream.origin) } }) };
}

const get = (path: string): string => `GET /v1.0/invoke/up/method/${path} HTTP/1.1\r\nHost: localhost\r\n\r\n`;

test('garbage behind a request that waits for its answer is answered after it', async () => {
  const { proxy, held } = await startHeldUpstream();
  const connection = await openRawConnection(proxy.port);
  connection.send(`${get('a')}\xff\xfe garbage`);
  await waitUntil(() => held.length === 1);
  connection.send('more garbage\r\n\r\n');
  held[0]?.end('first');
  await connection.closed();
  expect(statusesIn(connection.received)).toEqual([200, 400]);
  expect(connection.received).toContain('first');
  await expectAlive(proxy.port, 'up');
});

test('garbage does not get into the body of an answer under way', async () => {
  const { proxy, held } = await startHeldUpstream();
  const connection = await openRawConnection(proxy.port);
  connection.send(get('a'));
  await waitUntil(() => held.length === 1);
  held[0]?.writeHead(200, { 'Content-Length': 1000 }).write('x'.repeat(500));
  await connection.receives('x'.repeat(500));
  connection.send(`${get('b')}\xff\xfe garbage`);
  await waitUntil(() => held.length === 2);
  held[1]?.end('second');
  held[0]?.end('x'.repeat(500));
  await connection.closed();
  expect(connection.received).toContain('x'.repeat(1000));
  expect(statusesIn(connection.received)).toEqual([200, 200, 400]);
  await expectAlive(proxy.port, 'up');
});

test('a broken body behind a request that waits is answered in its turn', async () => {
  const { proxy, held } = await startHeldUpstream();
  const connection = await openRawConnection(proxy.port);
  const post =
    'POST /v1.0/invoke/up/method/b HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n';
  connection.send(`${get('a')}${post}`);
  await waitUntil(() => held.length === 2);
  connection.send('zz\r\n');
  held[0]?.end('first');
  await connection.closed();
  expect(statusesIn(connection.received)).toEqual([200, 400]);
  expect(connection.received).toContain('first');
  await waitUntil(() => held[1]?.destroyed === true);
  await expectAlive(proxy.port, 'up');
});

test('a body that breaks after its answer has begun cuts the connection', async () => {
  const { proxy, held } = await startHeldUpstream();
  const connection = await openRawConnection(proxy.port);
  connection.send(
    'POST /v1.0/invoke/up/method/a HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n',
  );
  await waitUntil(() => held.length === 1);
  held[0]?.writeHead(200, { 'Content-Length': 1000 }).write('begun');
  await connection.receives('begun');
  connection.send('zz\r\n');
  await connection.closed();
  expect(statusesIn(connection.received)).toEqual([200]);
  expect(connection.received).toMatch(/begun$/);
  await expectAlive(proxy.port, 'up');
});

test.for(['websocket', 'h2c'])(
  'an Upgrade to %s behind a request that waits is refused after its answer',
  async (protocol) => {
    const { proxy, held } = await startHeldUpstream();
    const connection = await openRawConnection(proxy.port);
    const upgrade = `GET /v1.0/invoke/up/method/b HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: ${protocol}\r\nHTTP2-Settings: AAMAAABk\r\n\r\n`;
    connection.send(`${get('a')}${upgrade}`);
    await waitUntil(() => held.length === 1);
    held[0]?.end('first');
    await connection.closed();
    expect(statusesIn(connection.received)).toEqual([200, 400]);
    expect(connection.received).toContain('first');
    expect(held).toHaveLength(1);
    await expectAlive(proxy.port, 'up');
  },
);

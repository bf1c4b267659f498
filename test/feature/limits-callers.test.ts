/** Many callers at once, slow ones among them: the rest is served, and what is over the limits is told so. */
import { expect, test } from 'vitest';
import { startCountingUpstream } from '../support/counting-upstream.ts';
import { expectAlive } from '../support/expect-alive.ts';
import { httpEndpoint } from '../support/http-endpoint.ts';
import { openRawConnection, statusesIn, type RawConnection } from '../support/raw-connection.ts';
import { startTestProxy, waitUntil, type TestProxy } from '../support/start-test-proxy.ts';

const path = '/v1.0/invoke/up/method/x';
const post = `POST ${path} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 4\r\n\r\n`;

async function open(args: readonly string[] = []): Promise<{ proxy: TestProxy; heads: readonly string[] }> {
  const { upstream, heads } = await startCountingUpstream();
  return {
    heads,
    proxy: await startTestProxy({ resources: { 'up.yaml': httpEndpoint('up', upstream.origin) }, args }),
  };
}

/** That many connections, opened in groups that the listening queue of any machine takes. */
async function openMany(count: number, port: number): Promise<readonly RawConnection[]> {
  const connections: RawConnection[] = [];
  while (connections.length < count) {
    const group = Math.min(100, count - connections.length);
    connections.push(...(await Promise.all(Array.from({ length: group }, () => openRawConnection(port)))));
  }
  return connections;
}

test('a thousand callers in the middle of their bodies are all served in the end, and others meanwhile', async () => {
  const { proxy, heads } = await open();
  const connections = await openMany(1_000, proxy.port);
  for (const connection of connections) connection.send(`${post}ab`);
  await waitUntil(() => heads.length === 1_000);
  await expectAlive(proxy.port, 'up');
  for (const connection of connections) connection.send('cd');
  await waitUntil(() => connections.every(({ received }) => received.endsWith('ok')));
  expect(connections.filter(({ received }) => !received.startsWith('HTTP/1.1 200 '))).toEqual([]);
});

test('a thousand connections without a request are closed after --header-timeout, and others served meanwhile', async () => {
  const { proxy, heads } = await open(['--header-timeout=1s']);
  const connections = await openMany(1_000, proxy.port);
  for (const connection of connections) connection.send('GET /v1.0/inv');
  await expectAlive(proxy.port, 'up');
  await waitUntil(() => connections.every(({ isClosed }) => isClosed));
  // One that was too late with its first byte is closed without a word.
  const statuses = new Set(connections.map(({ received }) => statusesIn(received).join()));
  expect([...statuses].filter((status) => status !== '')).toEqual(['408']);
  expect(heads).toEqual(['GET /alive']);
});

test('one connection too many is told so at once, and the next is served when there is room', async () => {
  const { proxy } = await open(['--max-connections=10']);
  const connections = await openMany(10, proxy.port);
  const refused = await openRawConnection(proxy.port);
  await refused.closed();
  expect(refused.received).toMatch(/^HTTP\/1\.1 503 .*\r\nRetry-After: 1\r\n/s);
  for (const connection of connections) connection.socket.destroy();
  await waitUntil(async () => {
    const next = await openRawConnection(proxy.port);
    next.send(`GET ${path} HTTP/1.1\r\nHost: localhost\r\n\r\n`);
    return (await next.receives('HTTP/1.1')).startsWith('HTTP/1.1 200 ');
  });
});

test('one request too many is a 503 with Retry-After, and the connection serves on', async () => {
  const { proxy, heads } = await open(['--max-requests-in-flight=5']);
  const connections = await openMany(5, proxy.port);
  for (const connection of connections) connection.send(`${post}ab`);
  await waitUntil(() => heads.length === 5);
  const sixth = await openRawConnection(proxy.port);
  sixth.send(`GET ${path} HTTP/1.1\r\nHost: localhost\r\n\r\n`);
  expect(await sixth.receives('"}')).toMatch(/^HTTP\/1\.1 503 .*\r\nRetry-After: 1\r\n/s);
  for (const connection of connections) connection.send('cd');
  await waitUntil(() => connections.every(({ received }) => received.endsWith('ok')));
  sixth.send(`GET ${path} HTTP/1.1\r\nHost: localhost\r\n\r\n`);
  await sixth.receives('ok');
  expect(statusesIn(sixth.received)).toEqual([503, 200]);
});

test('a thousand requests in one write are answered in order', async () => {
  const { proxy, heads } = await open();
  const connection = await openRawConnection(proxy.port);
  const requests = Array.from(
    { length: 1_000 },
    (_, index) => `GET ${path}${index} HTTP/1.1\r\nHost: localhost\r\n\r\n`,
  );
  connection.send(requests.join(''));
  await waitUntil(() => statusesIn(connection.received).length === 1_000 || connection.isClosed);
  expect(new Set(statusesIn(connection.received))).toEqual(new Set([200]));
  expect(new Set(heads).size).toBe(1_000);
});

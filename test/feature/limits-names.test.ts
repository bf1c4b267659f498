/** What callers can name without end, names, URLs, keys, stays bounded in memory and in metrics. */
import { expect, test } from 'vitest';
import { proxySettingsFrom } from '#shared/settings/proxy-settings-from.ts';
import { UrlUpstreams } from '../../proxy/target/url-upstreams.ts';
import { UpstreamFactory } from '../../proxy/upstream/upstream-factory.ts';
import { startCountingUpstream } from '../support/counting-upstream.ts';
import { expectAlive } from '../support/expect-alive.ts';
import { httpEndpoint } from '../support/http-endpoint.ts';
import { isWholeResponse, rawExchange } from '../support/raw-exchange.ts';
import { openRawConnection, statusesIn } from '../support/raw-connection.ts';
import { startTestProxy, waitUntil, type TestProxy } from '../support/start-test-proxy.ts';
import { startRawUpstream } from '../support/start-upstream.ts';

/** `make soak` asks for ten times as many. */
const names = process.env['SOAK_MIB'] === undefined ? 10_000 : 100_000;

async function open(args: readonly string[] = []): Promise<{ proxy: TestProxy; seen: readonly unknown[] }> {
  const { upstream, seen } = await startCountingUpstream();
  return { seen, proxy: await startTestProxy({ resources: { 'up.yaml': httpEndpoint('up', upstream.origin) }, args }) };
}

async function metricsOf(proxy: TestProxy): Promise<string> {
  return (await fetch(`http://127.0.0.1:${proxy.running.metricsPort}/metrics`)).text();
}

/** Sends the requests over one connection, a hundred at a time, and resolves with their statuses. */
async function sendAll(proxy: TestProxy, requests: readonly string[]): Promise<readonly number[]> {
  const connection = await openRawConnection(proxy.port);
  const statuses: number[] = [];
  for (let at = 0; at < requests.length; at += 100) {
    const batch = requests.slice(at, at + 100);
    connection.received = '';
    connection.send(batch.join(''));
    await waitUntil(() => statusesIn(connection.received).length === batch.length || connection.isClosed);
    statuses.push(...statusesIn(connection.received));
  }
  return statuses;
}

const request = (method: string, path: string): string => `${method} ${path} HTTP/1.1\r\nHost: localhost\r\n\r\n`;

test('distinct unknown names are 404 and leave no trace in the metrics', { timeout: 120_000 }, async () => {
  const { proxy } = await open();
  const statuses = await sendAll(
    proxy,
    Array.from({ length: names }, (_, index) => request('GET', `/v1.0/invoke/nobody-${index}/method/x-${index}`)),
  );
  expect(statuses).toHaveLength(names);
  expect(new Set(statuses)).toEqual(new Set([404]));
  const metrics = await metricsOf(proxy);
  expect(metrics).not.toContain('nobody-');
  expect(metrics.length).toBeLessThan(200_000);
  expect(proxy.lines.filter(({ level }) => level !== 'debug').length).toBeLessThan(100);
  await expectAlive(proxy.port, 'up');
});

test('distinct paths of one endpoint fill the metrics up to a bound', async () => {
  const { proxy, seen } = await open();
  const paths = Array.from({ length: 2_000 }, (_, index) => request('GET', `/v1.0/invoke/up/method/path-${index}`));
  expect(new Set(await sendAll(proxy, paths))).toEqual(new Set([200]));
  expect(seen).toHaveLength(2_000);
  const metrics = await metricsOf(proxy);
  expect(metrics.length).toBeLessThan(4_000_000);
  await sendAll(
    proxy,
    Array.from({ length: 2_000 }, (_, index) => request('GET', `/v1.0/invoke/up/method/more-${index}`)),
  );
  expect((await metricsOf(proxy)).length).toBeLessThan(metrics.length * 1.1);
});

test('connections to the origins of URLs are kept for the 256 called last', async () => {
  const origins: string[] = [];
  let connections = 0;
  for (let index = 0; index < 300; index += 1) {
    const upstream = await startRawUpstream((socket) => {
      connections += 1;
      socket.once('close', () => (connections -= 1));
      socket.on('data', () => socket.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok'));
    });
    origins.push(upstream.origin);
  }
  const { proxy } = await open();
  const call = async (origin: string): Promise<string> =>
    rawExchange(proxy.port, request('GET', `/v1.0/invoke/${origin}/method/x`), isWholeResponse);
  for (const origin of origins) expect(await call(origin)).toMatch(/^HTTP\/1\.1 200 /);
  await waitUntil(() => connections === 256);
  expect(await call(origins[0] ?? '')).toMatch(/^HTTP\/1\.1 200 /);
  await waitUntil(() => connections === 256);
  const metrics = await metricsOf(proxy);
  expect(new Set(metrics.match(/http:\/\/127\.0\.0\.1:\d+(?=")/g)).size).toBeLessThanOrEqual(50);
});

test('ten thousand origins leave 256 upstreams', () => {
  const settings = proxySettingsFrom(['--app-id=orders'], {});
  const factory = new UpstreamFactory({ settings, isOwnAddress: () => false });
  const made: string[] = [];
  const makeOne = factory.forOrigin.bind(factory);
  factory.forOrigin = (asked) => {
    made.push(asked);
    return makeOne(asked);
  };
  const upstreams = new UrlUpstreams(factory);
  const origin = (index: number): string => `http://host-${index}.example`;
  for (let index = 0; index < 10_000; index += 1) upstreams.forOrigin(origin(index));
  made.length = 0;
  for (let index = 9_999; index >= 9_744; index -= 1) upstreams.forOrigin(origin(index));
  expect(made).toEqual([]);
  upstreams.forOrigin(origin(9_743));
  expect(made).toEqual([origin(9_743)]);
});

test('metadata takes 64 keys, and changes those it has', async () => {
  const { proxy } = await open();
  const put = (key: string, value: string): string =>
    `PUT /v1.0/metadata/${key} HTTP/1.1\r\nHost: localhost\r\nContent-Length: ${value.length}\r\n\r\n${value}`;
  const statuses = await sendAll(
    proxy,
    Array.from({ length: 1_000 }, (_, index) => put(`key-${index}`, 'a')),
  );
  expect(statuses).toEqual([...Array.from({ length: 64 }, () => 204), ...Array.from({ length: 936 }, () => 400)]);
  expect(await sendAll(proxy, [put('key-0', 'b'), put('k'.repeat(257), 'a'), put('__proto__', 'a')])).toEqual([
    204, 400, 400,
  ]);
  expect(await sendAll(proxy, [put('key-1', 'a'.repeat(4096))])).toEqual([204]);
  expect(await rawExchange(proxy.port, put('key-2', 'a'.repeat(4097)), isWholeResponse)).toMatch(/^HTTP\/1\.1 413 /);
  const metadata: unknown = await (await fetch(`${proxy.origin}/v1.0/metadata`)).json();
  expect(metadata).toMatchObject({ extended: { 'key-0': 'b', 'key-2': 'a', 'key-63': 'a' } });
  await expectAlive(proxy.port, 'up');
});

/** What bounds a proxy's work: header size and time, idle time, connections, requests in flight, calls to one target. */
import type { ServerResponse } from 'node:http';
import { describe, expect, test } from 'vitest';
import { ask, errorOf } from '../support/ask.ts';
import { headerLinesOf, startByteUpstream } from '../support/byte-upstream.ts';
import { askH2c, openH2c } from '../support/h2c-client.ts';
import { httpEndpoint } from '../support/http-endpoint.ts';
import { openRawConnection } from '../support/raw-connection.ts';
import { isWholeResponse, rawExchange } from '../support/raw-exchange.ts';
import { startTestProxy, waitUntil, type TestProxy } from '../support/start-test-proxy.ts';
import { startUpstream } from '../support/start-upstream.ts';

const path = '/v1.0/invoke/up/method/x';
const get = `GET ${path} HTTP/1.1\r\nHost: x\r\n`;

/** The upstream holds every call until the test answers it. */
async function startHolding(args: readonly string[]): Promise<{ proxy: TestProxy; held: ServerResponse[] }> {
  const held: ServerResponse[] = [];
  const upstream = await startUpstream((_request, response) => void held.push(response));
  return { held, proxy: await startTestProxy({ args, resources: { 'up.yaml': httpEndpoint('up', upstream.origin) } }) };
}

async function startAnswering(args: readonly string[]): Promise<TestProxy> {
  const upstream = await startUpstream((_request, response) => response.end('ok'));
  return startTestProxy({ args, resources: { 'up.yaml': httpEndpoint('up', upstream.origin) } });
}

function withHeaderBytes(count: number): string {
  const line = 'X-Fill: ';
  return `${get}${line}${'v'.repeat(count - get.length - line.length - 4)}\r\n\r\n`;
}

describe('--read-buffer-size', () => {
  test.for([
    [[], 8192],
    [['--read-buffer-size=-1'], 8192],
    [['--read-buffer-size=16Ki'], 20_480],
  ] as const)('%j takes headers up to it and 4 Ki of slack, and answers 431 beyond', async ([args, limit]) => {
    const upstream = await startByteUpstream();
    const proxy = await startTestProxy({ args, resources: { 'up.yaml': httpEndpoint('up', upstream.origin) } });
    const fits = await rawExchange(proxy.port, withHeaderBytes(limit - 500), isWholeResponse);
    expect(fits).toMatch(/^HTTP\/1\.1 200 OK\r\n/);
    const tooLarge = await rawExchange(proxy.port, withHeaderBytes(limit + 1000));
    expect(tooLarge).toMatch(/^HTTP\/1\.1 431 Request Header Fields Too Large\r\n/);
    expect(headerLinesOf(tooLarge)).toContain('Connection: close');
    expect(tooLarge).toContain('"errorCode":"ERR_DIRECT_INVOKE"');
  });
});

describe('--idle-timeout', () => {
  test('closes a kept connection without requests, and no connection with one', async () => {
    const { proxy, held } = await startHolding(['--idle-timeout=50ms']);
    const busy = await openRawConnection(proxy.port);
    busy.send(`${get}\r\n`);
    await waitUntil(() => held.length === 1);
    const idle = await openRawConnection(proxy.port);
    idle.send('GET /v1.0/healthz HTTP/1.1\r\nHost: x\r\n\r\n');
    await idle.closed();
    expect(idle.received).toMatch(/^HTTP\/1\.1 204 No Content\r\n/);
    expect(busy.isClosed).toBe(false);
    held[0]?.end('late');
    expect(await busy.receives('late')).toMatch(/^HTTP\/1\.1 200 OK\r\n/);
  });

  test('closes an idle HTTP/2 connection', async () => {
    const proxy = await startAnswering(['--idle-timeout=50ms']);
    const session = openH2c(proxy.port);
    expect((await askH2c(session, { ':path': path })).status).toBe(200);
    await waitUntil(() => session.destroyed);
  });
});

describe('--max-connections', () => {
  test('answers one connection too many with 503 and Retry-After, until another one closes', async () => {
    const proxy = await startAnswering(['--max-connections=2']);
    const first = await openRawConnection(proxy.port);
    const second = await openRawConnection(proxy.port);
    for (const connection of [first, second]) {
      connection.send(`${get}\r\n`);
      expect(await connection.receives('ok')).toMatch(/^HTTP\/1\.1 200 OK/);
    }
    const refused = await rawExchange(proxy.port, `${get}\r\n`);
    expect(refused).toMatch(/^HTTP\/1\.1 503 Service Unavailable\r\n/);
    expect(headerLinesOf(refused)).toEqual(expect.arrayContaining(['Retry-After: 1', 'Connection: close']));
    expect(refused).toContain('too many connections are open');
    first.socket.destroy();
    await waitUntil(async () => (await ask(proxy.port, { path }).catch(() => null))?.status === 200);
  });
});

describe('--max-requests-in-flight', () => {
  test('answers one request too many with 503 and Retry-After, until another one ends', async () => {
    const { proxy, held } = await startHolding(['--max-requests-in-flight=2']);
    const running = [ask(proxy.port, { path }), ask(proxy.port, { path })];
    await waitUntil(() => held.length === 2);
    const refused = await ask(proxy.port, { path });
    expect(refused).toMatchObject({ status: 503, headers: { 'retry-after': '1', 'content-type': 'application/json' } });
    expect(errorOf(refused)).toEqual({ errorCode: 'ERR_DIRECT_INVOKE', message: '2 requests are in flight already' });
    expect((await askH2c(openH2c(proxy.port), { ':path': path })).status).toBe(503);
    held[0]?.end('one');
    held[1]?.end('two');
    await Promise.all(running);
    const again = ask(proxy.port, { path });
    await waitUntil(() => held.length === 3);
    held[2]?.end('three');
    expect((await again).status).toBe(200);
  });

  test('stays 503 with --dapr-error-statuses: Dapr knows no such limit', async () => {
    const { proxy, held } = await startHolding(['--max-requests-in-flight=1', '--dapr-error-statuses']);
    const running = ask(proxy.port, { path });
    await waitUntil(() => held.length === 1);
    expect((await ask(proxy.port, { path })).status).toBe(503);
    held[0]?.end();
    await running;
  });
});

describe('--app-max-concurrency', () => {
  test('lets so many calls run at once to each target, the others wait their turn', async () => {
    const { proxy, held } = await startHolding(['--app-max-concurrency=2']);
    const answers = Array.from({ length: 5 }, (_, index) => ask(proxy.port, { path: `${path}${index}` }));
    for (let count = 1; count <= 5; count += 1) {
      await waitUntil(() => held.length >= Math.min(count + 1, 5));
      expect(held.length).toBeLessThanOrEqual(count + 1);
      held[count - 1]?.end('done');
    }
    expect((await Promise.all(answers)).map(({ status }) => status)).toEqual([200, 200, 200, 200, 200]);
  });

  test('counts each HTTPEndpoint alone', async () => {
    const { proxy, held } = await startHolding(['--app-max-concurrency=1']);
    const upstream = await startUpstream((_request, response) => response.end('other'));
    await proxy.change('other.yaml', httpEndpoint('other', upstream.origin));
    const running = ask(proxy.port, { path });
    await waitUntil(() => held.length === 1);
    expect((await ask(proxy.port, { path: '/v1.0/invoke/other/method/x' })).body).toBe('other');
    held[0]?.end();
    await running;
  });

  test('lets --max-queued-requests wait, and answers the rest with 503 and Retry-After at once', async () => {
    const { proxy, held } = await startHolding(['--app-max-concurrency=1', '--max-queued-requests=1']);
    const running = ask(proxy.port, { path });
    await waitUntil(() => held.length === 1);
    const refused = await Promise.race([ask(proxy.port, { path }), ask(proxy.port, { path })]);
    expect(refused).toMatchObject({ status: 503, headers: { 'retry-after': '1' } });
    expect(errorOf(refused).message).toBe('failed to invoke, id: up, err: 1 calls are running and 1 wait already');
    held[0]?.end('one');
    expect((await running).body).toBe('one');
    await waitUntil(() => held.length === 2);
    held[1]?.end('two');
  });
});

/** The API port speaks HTTP/1.1, HTTP/1.0, h2c by prior knowledge and h2c by Upgrade, to clients that are not ours. */
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { Agent, request as httpRequest } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { ask } from '../support/ask.ts';
import { bodyOf, headerLinesOf, requestLineOf, startByteUpstream } from '../support/byte-upstream.ts';
import { curl } from '../support/curl.ts';
import { askH2c, openH2c } from '../support/h2c-client.ts';
import { httpEndpoint } from '../support/http-endpoint.ts';
import { openRawConnection, statusesIn } from '../support/raw-connection.ts';
import { startTestProxy, waitUntil, type TestProxy, type TestProxyOptions } from '../support/start-test-proxy.ts';
import { startUpstream } from '../support/start-upstream.ts';

const path = '/v1.0/invoke/up/method/x';

async function startPair(options: TestProxyOptions = {}): Promise<{ proxy: TestProxy; requests: readonly string[] }> {
  const upstream = await startByteUpstream();
  const proxy = await startTestProxy({ ...options, resources: { 'up.yaml': httpEndpoint('up', upstream.origin) } });
  return { proxy, requests: upstream.requests };
}

describe('curl', () => {
  test.for([
    ['--http1.0', '1.0', '1.1'],
    ['--http1.1', '1.1', '1.1'],
    ['--http2-prior-knowledge', '2', '2'],
    ['--http2', '1.1', '2'],
  ] as const)('%s is answered', async ([option, , version]) => {
    const { proxy, requests } = await startPair();
    const write = '\n%{http_code} %{http_version}';
    const result = await curl(option, '--write-out', write, '--header', 'X-Mine: 1', `${proxy.origin}${path}?q=a%2Fb`);
    expect(result).toMatchObject({ exitCode: 0, output: `ok\n200 ${version}` });
    expect(requestLineOf(requests[0])).toBe('GET /x?q=a%2Fb HTTP/1.1');
    expect(headerLinesOf(requests[0]).map((line) => line.toLowerCase())).toContain('x-mine: 1');
    expect(requests[0]).not.toMatch(/http2-settings|upgrade/i);
  });

  test('--http2 serves a second call on the connection that was upgraded', async () => {
    const { proxy, requests } = await startPair();
    const url = `${proxy.origin}${path}`;
    const result = await curl('--http2', '--write-out', ' %{http_version} %{num_connects}\n', url, url, url);
    expect(result.output).toBe('ok 2 1\nok 2 0\nok 2 0\n');
    expect(requests).toHaveLength(3);
  });

  test('--http2 with a body is served by HTTP/1.1 or HTTP/2, whole', async () => {
    const { proxy, requests } = await startPair();
    const body = 'x'.repeat(100_000);
    const result = await curl('--http2', '--data-binary', body, `${proxy.origin}${path}`);
    expect(result).toMatchObject({ exitCode: 0, output: 'ok' });
    expect(bodyOf(requests[0])).toHaveLength(body.length);
  });

  test('sends a body over h2c by prior knowledge', async () => {
    const { proxy, requests } = await startPair();
    const result = await curl('--http2-prior-knowledge', '--data-binary', 'hello', `${proxy.origin}${path}`);
    expect(result).toMatchObject({ exitCode: 0, output: 'ok' });
    expect(bodyOf(requests[0])).toBe('hello');
  });

  test('calls a target by user information, as Dapr documents it', async () => {
    const { proxy, requests } = await startPair();
    const result = await curl(`http://dapr-app-id:up@127.0.0.1:${proxy.port}/a/b`);
    expect(result.output).toBe('ok');
    expect(requestLineOf(requests[0])).toBe('GET /a/b HTTP/1.1');
    expect(requests[0]).not.toMatch(/authorization/i);
  });
});

describe('DAPR_HTTP_DISABLE_H2C', () => {
  test.for(['1', 'true', 'YES', 'on', 'y', 't'])('=%s leaves HTTP/1.1 alone', async (value) => {
    const { proxy } = await startPair({ env: { DAPR_HTTP_DISABLE_H2C: value } });
    const upgrade = await curl('--http2', '--write-out', ' %{http_version}', `${proxy.origin}${path}`);
    expect(upgrade.output).toBe('ok 1.1');
    const prior = await curl('--http2-prior-knowledge', `${proxy.origin}${path}`);
    expect(prior.exitCode).not.toBe(0);
    expect(prior.output).toBe('');
    expect((await ask(proxy.port, { path })).status).toBe(200);
  });

  test('=false changes nothing', async () => {
    const { proxy } = await startPair({ env: { DAPR_HTTP_DISABLE_H2C: 'false' } });
    expect(await askH2c(openH2c(proxy.port), { ':path': path })).toMatchObject({ status: 200, body: 'ok' });
  });
});

describe('one connection', () => {
  test('of HTTP/1.1 is kept and serves call after call', async () => {
    const { proxy, requests } = await startPair();
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    onTestFinished(() => agent.destroy());
    const ports: (number | undefined)[] = [];
    for (let count = 0; count < 3; count += 1) {
      await new Promise<void>((resolve, reject) => {
        const request = httpRequest({ port: proxy.port, host: '127.0.0.1', path, agent });
        request.once('error', reject);
        request.once('response', (response) => {
          ports.push(request.socket?.localPort);
          response.resume().once('end', resolve);
        });
        request.end();
      });
    }
    expect(new Set(ports).size).toBe(1);
    expect(requests).toHaveLength(3);
  });

  test('may carry requests that do not wait for answers: they come in order', async () => {
    let release = (): void => {};
    const upstream = await startUpstream((request, response) => {
      const answer = (): void => void response.end(request.url);
      if (request.url === '/slow') release = answer;
      else answer();
    });
    const proxy = await startTestProxy({ resources: { 'up.yaml': httpEndpoint('up', upstream.origin) } });
    const connection = await openRawConnection(proxy.port);
    const one = (name: string): string => `GET /v1.0/invoke/up/method/${name} HTTP/1.1\r\nHost: x\r\n\r\n`;
    connection.send(one('slow') + one('second') + one('third'));
    await waitUntil(() => release.name === 'answer');
    expect(connection.received).toBe('');
    release();
    await connection.receives('/third');
    expect(statusesIn(connection.received)).toEqual([200, 200, 200]);
    expect(connection.received.match(/\/(?:slow|second|third)/g)).toEqual(['/slow', '/second', '/third']);
  });

  test('of HTTP/2 carries many calls at once', async () => {
    const { proxy } = await startPair();
    const session = openH2c(proxy.port);
    const answers = await Promise.all(Array.from({ length: 100 }, () => askH2c(session, { ':path': path })));
    expect(answers.every(({ status, body }) => status === 200 && body === 'ok')).toBe(true);
  });

  test('is closed after the answer when the caller asks for that', async () => {
    const { proxy } = await startPair();
    const connection = await openRawConnection(proxy.port);
    connection.send(`GET ${path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`);
    await connection.closed();
    expect(connection.received).toMatch(/^HTTP\/1\.1 200 OK\r\n/);
  });
});

test('a Unix socket replaces the port', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'farpoint-socket-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const { proxy } = await startPair({ args: [`--unix-domain-socket=${folder}`] });
  expect(proxy.running.apiPort).toBeNull();
  const socketPath = join(folder, 'dapr-orders-http.socket');
  expect((await stat(socketPath)).isSocket()).toBe(true);
  expect(await ask(0, { socketPath, path })).toMatchObject({ status: 200, body: 'ok' });
  const overHttp2 = await curl('--http2-prior-knowledge', '--unix-socket', socketPath, `http://localhost${path}`);
  expect(overHttp2.output).toBe('ok');
});

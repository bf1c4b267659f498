/** The proxy's own APIs: health, metadata, shutdown; the public port; the metrics port. */
import { createServer } from 'node:net';
import { describe, expect, onTestFinished, test } from 'vitest';
import { ask, type Answer } from '../support/ask.ts';
import { httpEndpoint } from '../support/http-endpoint.ts';
import { resiliency } from '../support/resiliency.ts';
import { startTestProxy, waitUntil, type TestProxy } from '../support/start-test-proxy.ts';
import { startUpstream } from '../support/start-upstream.ts';

async function startProxyWith(
  args: readonly string[] = [],
  env: Readonly<Record<string, string>> = {},
): Promise<TestProxy> {
  const resources = {
    'up.yaml': httpEndpoint('up', 'http://user:hunter2@127.0.0.1:1/base'),
    'broken.yaml': httpEndpoint('broken', 'https://127.0.0.1:1').replace(
      / }\n$/,
      ', clientTLS: { rootCA: { secretKeyRef: { name: nowhere, key: ca } } } }\nauth: { secretStore: kubernetes }\n',
    ),
  };
  return startTestProxy({ args, env, resources });
}

/** A port that nobody listens on. */
async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise<void>((resolve) => void server.close(() => resolve()));
  return address !== null && typeof address === 'object' ? address.port : 0;
}

function json(answer: Answer): Record<string, unknown> {
  return JSON.parse(answer.body) as Record<string, unknown>;
}

describe('GET /v1.0/healthz', () => {
  test('is 204 without a body when ready, in any spelling of its slashes', async () => {
    const proxy = await startProxyWith();
    for (const path of ['/v1.0/healthz', '/v1.0/healthz/', '//v1.0//healthz', '/v1.0/healthz?appid=orders']) {
      const answer = await ask(proxy.port, { path });
      expect(answer).toMatchObject({ status: 204, body: '' });
    }
  });

  test('is 500 for another app id', async () => {
    const answer = await ask((await startProxyWith()).port, { path: '/v1.0/healthz?appid=other' });
    expect(answer.status).toBe(500);
    expect(answer.body).toBe('{"errorCode":"ERR_HEALTH_APPID_NOT_MATCH","message":"dapr app-id does not match"}');
  });

  test('is 500 and says what is missing until the application listens; outbound is ready, and calls work', async () => {
    const port = await freePort();
    const proxy = await startTestProxy({ args: [`--app-port=${port}`] });
    const answer = await ask(proxy.port, { path: '/v1.0/healthz' });
    expect(answer.status).toBe(500);
    expect(answer.body).toBe('{"errorCode":"ERR_HEALTH_NOT_READY","message":"dapr is not ready: [app]"}');
    expect((await ask(proxy.port, { path: '/v1.0/healthz/outbound' })).status).toBe(204);
    const upstream = await startUpstream((_request, response) => response.end('ok'));
    expect((await ask(proxy.port, { path: `/v1.0/invoke/${upstream.origin}/method/x` })).body).toBe('ok');
    const app = createServer((socket) => socket.destroy());
    await new Promise<void>((resolve) => void app.listen(port, '127.0.0.1', resolve));
    onTestFinished(() => new Promise<void>((resolve) => void app.close(() => resolve())));
    await waitUntil(async () => (await ask(proxy.port, { path: '/v1.0/healthz' })).status === 204);
  });
});

describe('GET /v1.0/metadata', () => {
  test('tells of the app, the endpoints and their state, and of no address, header or secret', async () => {
    const proxy = await startProxyWith(['--app-max-concurrency=7'], { DAPR_API_TOKEN: 'secret-token' });
    const answer = await ask(proxy.port, { path: '/v1.0/metadata', headers: ['dapr-api-token', 'secret-token'] });
    expect(answer).toMatchObject({ status: 200, headers: { 'content-type': 'application/json' } });
    expect(json(answer)).toMatchObject({
      id: 'orders',
      runtimeVersion: 'test',
      extended: { daprRuntimeVersion: 'test' },
    });
    expect(json(answer)['httpEndpoints']).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ name: 'up' }),
        expect.objectContaining({ name: 'broken', state: 'refused', reason: expect.any(String) as unknown }),
      ]),
    );
    expect(answer.body).not.toMatch(/hunter2|secret-token|127\.0\.0\.1/);
  });

  test('names the Resiliencies in force, and breakers once calls have met them, open ones first', async () => {
    const policies = '{ circuitBreakers: { cb: { trip: consecutiveFailures >= 1 } } }';
    const resources = {
      'good.yaml': httpEndpoint('good', (await startUpstream((_request, response) => response.end())).origin),
      'bad.yaml': httpEndpoint('bad', 'http://127.0.0.1:1'),
      'policies.yaml': resiliency(policies, '{ good: { circuitBreaker: cb }, bad: { circuitBreaker: cb } }'),
    };
    const proxy = await startTestProxy({ resources });
    const { resiliencies, circuitBreakers } = json(await ask(proxy.port, { path: '/v1.0/metadata' }));
    expect({ resiliencies, circuitBreakers }).toEqual({
      resiliencies: [{ name: 'limits' }],
      circuitBreakers: undefined,
    });
    for (const name of ['good', 'bad']) await ask(proxy.port, { path: `/v1.0/invoke/${name}/method/x` });
    expect(json(await ask(proxy.port, { path: '/v1.0/metadata' }))['circuitBreakers']).toEqual([
      { target: 'bad', policy: 'cb', state: 'open' },
      { target: 'good', policy: 'cb', state: 'closed' },
    ]);
  });

  test('describes the connection to the application', async () => {
    const app = await startUpstream((_request, response) => response.end());
    const args = [
      `--app-port=${app.port}`,
      '--app-max-concurrency=7',
      '--enable-app-health-check',
      '--app-health-check-path=/up',
    ];
    const answer = await ask((await startProxyWith(args)).port, { path: '/v1.0/metadata' });
    expect(json(answer)['appConnectionProperties']).toEqual({
      port: app.port,
      protocol: 'http',
      channelAddress: '127.0.0.1',
      maxConcurrency: 7,
      health: { healthCheckPath: '/up', healthProbeInterval: '5s', healthProbeTimeout: '500ms', healthThreshold: 3 },
    });
  });
});

describe('PUT /v1.0/metadata/{key}', () => {
  test('keeps the value under extended', async () => {
    const proxy = await startProxyWith();
    const put = await ask(proxy.port, { method: 'PUT', path: '/v1.0/metadata/my%20key', body: 'v\u00e4lue' });
    expect(put).toMatchObject({ status: 204, body: '' });
    await ask(proxy.port, { method: 'PUT', path: '/v1.0/metadata/other', body: 'first' });
    await ask(proxy.port, { method: 'PUT', path: '/v1.0/metadata/other', body: 'second' });
    const { extended } = json(await ask(proxy.port, { path: '/v1.0/metadata' }));
    expect(extended).toEqual({ daprRuntimeVersion: 'test', 'my key': 'v\u00e4lue', other: 'second' });
  });

  test('is bounded: in value, key and number of keys; what is kept stays', async () => {
    const proxy = await startProxyWith();
    const put = (key: string, body: string): Promise<Answer> =>
      ask(proxy.port, { method: 'PUT', path: `/v1.0/metadata/${key}`, body });
    expect((await put('large', 'x'.repeat(4096))).status).toBe(204);
    expect((await put('larger', 'x'.repeat(4097))).status).toBe(413);
    expect((await put('k'.repeat(257), 'x')).status).toBe(400);
    expect((await put('a%zz', 'x')).status).toBe(400);
    const statuses: number[] = [];
    for (let index = 0; index < 70; index += 1) statuses.push((await put(`key${index}`, 'x')).status);
    expect(statuses.filter((status) => status === 204)).toHaveLength(63);
    expect(statuses.at(-1)).toBe(400);
    expect((await put('key0', 'changed')).status).toBe(204);
    const { extended } = json(await ask(proxy.port, { path: '/v1.0/metadata' }));
    expect(extended).toMatchObject({ key0: 'changed', large: 'x'.repeat(4096) });
  });

  test('cannot overwrite what the proxy says of itself', async () => {
    const proxy = await startProxyWith();
    await ask(proxy.port, { method: 'PUT', path: '/v1.0/metadata/__proto__', body: 'x' });
    await ask(proxy.port, { method: 'PUT', path: '/v1.0/metadata/daprRuntimeVersion', body: 'fake' });
    const metadata = json(await ask(proxy.port, { path: '/v1.0/metadata' }));
    expect(metadata).toMatchObject({ runtimeVersion: 'test', extended: { daprRuntimeVersion: 'test' } });
  });
});

describe('POST /v1.0/shutdown', () => {
  test('answers 204 and ends the proxy gracefully', async () => {
    const proxy = await startProxyWith();
    expect(await ask(proxy.port, { method: 'POST', path: '/v1.0/shutdown' })).toMatchObject({ status: 204, body: '' });
    expect(await proxy.running.ended).toBe('graceful');
    await expect(ask(proxy.port, { path: '/v1.0/healthz' })).rejects.toThrow(/ECONNREFUSED/);
  });

  test('with dapr-force-shutdown answers 204 and cuts what runs', async () => {
    const upstream = await startUpstream(() => {});
    const proxy = await startTestProxy({ resources: { 'up.yaml': httpEndpoint('up', upstream.origin) } });
    const cut = ask(proxy.port, { path: '/v1.0/invoke/up/method/x' }).catch((error: Error) => error.message);
    const headers = ['dapr-force-shutdown', 'true'];
    expect((await ask(proxy.port, { method: 'POST', path: '/v1.0/shutdown', headers })).status).toBe(204);
    expect(await proxy.running.ended).toBe('forced');
    expect(await cut).toMatch(/socket hang up|ECONNRESET/);
  });
});

describe('the public port', () => {
  const args = ['--dapr-public-port=0', '--dapr-public-listen-address=127.0.0.1'];

  test('serves health without the token, and no more than health of the metadata', async () => {
    const proxy = await startProxyWith(args, { DAPR_API_TOKEN: 'secret' });
    const port = proxy.running.publicPort ?? 0;
    expect((await ask(port, { path: '/v1.0/healthz' })).status).toBe(204);
    expect((await ask(port, { path: '/v1.0/healthz/outbound' })).status).toBe(204);
    expect((await ask(port, { path: '/v1.0/healthz?appid=other' })).status).toBe(500);
    const metadata = await ask(port, { path: '/v1.0/metadata' });
    expect(metadata.status).toBe(200);
    expect(json(metadata)).toEqual({ id: 'orders' });
    const full = await ask(port, { path: '/v1.0/metadata', headers: ['dapr-api-token', 'secret'] });
    expect(json(full)).toHaveProperty('httpEndpoints');
  });

  test('shows no more either where no token is set at all', async () => {
    const proxy = await startProxyWith(args);
    const metadata = await ask(proxy.running.publicPort ?? 0, {
      path: '/v1.0/metadata',
      headers: ['dapr-api-token', ''],
    });
    expect(json(metadata)).toEqual({ id: 'orders' });
  });

  test.for([
    ['GET', '/v1.0/invoke/up/method/x', []],
    ['GET', '/x', ['dapr-app-id', 'up']],
    ['POST', '/v1.0/shutdown', []],
    ['PUT', '/v1.0/metadata/key', []],
    ['GET', '/metrics', []],
  ] as const)('does not serve %s %s', async ([method, path, headers]) => {
    const proxy = await startProxyWith(args);
    const answer = await ask(proxy.running.publicPort ?? 0, { method, path, headers });
    expect(answer).toMatchObject({ status: 404, body: '404 page not found' });
    expect((await ask(proxy.port, { path: '/v1.0/healthz' })).status).toBe(204);
  });
});

test('the metrics port serves the metrics of a call', async () => {
  const upstream = await startUpstream((_request, response) => response.end('ok'));
  const proxy = await startTestProxy({ resources: { 'up.yaml': httpEndpoint('up', upstream.origin) } });
  await ask(proxy.port, { path: '/v1.0/invoke/up/method/x' });
  const page = await ask(proxy.running.metricsPort ?? 0, { path: '/metrics' });
  expect(page.status).toBe(200);
  expect(page.headers['content-type']).toMatch(/^text\/plain/);
  expect(page.body).toMatch(/^dapr_http_server_request_count\{[^}]*\} 1$/m);
});

test('with --enable-metrics=false there is no metrics port', async () => {
  const proxy = await startTestProxy({ args: ['--enable-metrics=false'] });
  expect(proxy.running.metricsPort).toBeNull();
});

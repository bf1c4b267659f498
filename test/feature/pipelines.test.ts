/** Requests pass the pipelines of the Configuration, in order, and none goes round a middleware that is not there. */
import { writeFile } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import { ask, errorOf } from '../support/ask.ts';
import { middlewareComponent, pipelineConfiguration, type Step } from '../support/middleware-manifests.ts';
import { startPipedProxy } from '../support/start-piped-proxy.ts';
import { startTestProxy, waitUntil } from '../support/start-test-proxy.ts';

const path = '/v1.0/invoke/up/method/orders/7?q=1';
const onlyOrders: Step = { name: 'only-orders', type: 'routerchecker', settings: { rule: '^/v1\\.0/invoke/up/' } };
const lettersOnly: Step = { name: 'letters', type: 'routerchecker', settings: { rule: '^[a-z/?=0-9.]+$' } };
const rewrite: Step = {
  name: 'short',
  type: 'routeralias',
  settings: { routes: '{"/o/{id}": "/v1.0/invoke/up/method/orders"}' },
};
const loud: Step = { name: 'loud', type: 'uppercase', settings: { direction: 'both' } };

describe('a pipeline', () => {
  test('lets requests on that nobody refuses, with the bytes that they had', async () => {
    const { proxy, received } = await startPipedProxy({ http: [onlyOrders], app: [lettersOnly] });
    const answer = await ask(proxy.port, { path, headers: ['X-Mixed-Case', 'One', 'x-mixed-case', 'two'] });
    expect(answer).toMatchObject({ status: 200, body: 'hello' });
    expect(received[0]?.url).toBe('/base/orders/7?q=1');
    expect(received[0]?.rawHeaders.join('\n')).toContain('X-Mixed-Case\nOne\nx-mixed-case\ntwo');
  });

  test('runs the first handler outermost: what it makes of a path is what the next one sees', async () => {
    const first = await startPipedProxy({ http: [rewrite, onlyOrders] });
    expect(await ask(first.proxy.port, { path: '/o/7?q=1' })).toMatchObject({ status: 200 });
    expect(first.received[0]?.url).toBe('/base/orders?q=1&id=7');
    const second = await startPipedProxy({ http: [onlyOrders, rewrite] });
    expect(await ask(second.proxy.port, { path: '/o/7?q=1' })).toMatchObject({ status: 400, body: 'invalid router' });
    expect(second.received).toEqual([]);
  });

  test('of the app sees the path and the headers that go out, and a target', async () => {
    const limited: Step = {
      name: 'limited',
      type: 'ratelimit',
      settings: { maxRequestsPerSecond: '0.001', key: '{endpoint}{path}{header:x-tenant}' },
    };
    const { proxy, received } = await startPipedProxy({ app: [limited] });
    const askFor = (tenant: string, rest = 'a'): ReturnType<typeof ask> =>
      ask(proxy.port, { path: `/v1.0/invoke/up/method/${rest}`, headers: ['X-Tenant', tenant] });
    expect((await askFor('one')).status).toBe(200);
    expect((await askFor('one')).status).toBe(429);
    expect((await askFor('two')).status).toBe(200);
    expect((await askFor('one', 'b')).status).toBe(200);
    expect(received).toHaveLength(3);
  });

  test('of the app may send a call elsewhere on its upstream, but not by a path that no caller may send', async () => {
    const routes =
      '{"/base/orders/{id}": "/v2/orders?full=1", "/base/up": "/v2/..%2fsecret", "/base/dots": "/v2/../v3"}';
    const { proxy, received } = await startPipedProxy({
      app: [{ name: 'v2', type: 'routeralias', settings: { routes } }],
    });
    const to = (rest: string): ReturnType<typeof ask> => ask(proxy.port, { path: `/v1.0/invoke/up/method/${rest}` });
    expect((await to('orders/7?q=1')).status).toBe(200);
    expect((await to('dots')).status).toBe(200);
    expect((await to('up')).status).toBe(400);
    expect(received.map(({ url }) => url)).toEqual(['/v2/orders?full=1&q=1&id=7', '/v3']);
  });

  test('guards the other APIs of the proxy, but not its health', async () => {
    const nobody: Step = { name: 'nobody', type: 'routerchecker', settings: { rule: '^$' } };
    const { proxy } = await startPipedProxy({ http: [nobody] });
    expect(await ask(proxy.port, { path: '/v1.0/metadata' })).toMatchObject({ status: 400, body: 'invalid router' });
    expect((await ask(proxy.port, { path: '/v1.0/healthz' })).status).toBe(204);
    expect((await ask(proxy.port, { path: '/v1.0/healthz/outbound' })).status).toBe(204);
    // A target in a header makes it an invocation, whatever its path.
    const headers = ['dapr-app-id', 'up'];
    expect((await ask(proxy.port, { path: '/v1.0/healthz', headers })).status).toBe(400);
  });

  test('comes after the token check', async () => {
    const nobody: Step = { name: 'nobody', type: 'routerchecker', settings: { rule: '^$' } };
    const proxy = await startTestProxy({
      resources: { 'nobody.yaml': middlewareComponent(nobody, nobody.settings) },
      configuration: pipelineConfiguration({ http: [nobody] }),
      env: { DAPR_API_TOKEN: 'secret' },
    });
    expect((await ask(proxy.port, { path })).status).toBe(401);
    expect((await ask(proxy.port, { path, headers: ['dapr-api-token', 'secret'] })).status).toBe(400);
  });

  test('may rewrite a path to another API; what is switched off is decided by the path that comes out', async () => {
    const toMetadata: Step = { name: 'about', type: 'routeralias', settings: { '/about': '/v1.0/metadata' } };
    const { proxy } = await startPipedProxy({ http: [toMetadata] });
    const about = await ask(proxy.port, { path: '/about' });
    expect(JSON.parse(about.body)).toMatchObject({ id: 'orders' });
    const configuration = `${pipelineConfiguration({ http: [toMetadata] })}  api: { denied: [{ name: metadata, version: v1.0, protocol: http }] }\n`;
    const resources = { 'about.yaml': middlewareComponent(toMetadata, toMetadata.settings) };
    const closed = await startTestProxy({ resources, configuration });
    expect((await ask(closed.port, { path: '/about' })).status).toBe(404);
  });

  test('changes bodies as they stream, without a length, also where HEAD asks for it', async () => {
    const { proxy, received } = await startPipedProxy({ http: [loud] });
    const answer = await ask(proxy.port, {
      path,
      method: 'POST',
      body: 'stra\u00dfe caf\u00e9',
      headers: ['Content-Length', '13'],
    });
    expect(received[0]).toMatchObject({ body: 'STRASSE CAF\u00c9' });
    expect(received[0]?.headers['content-length']).toBeUndefined();
    expect(answer.body).toBe('STRASSE CAF\u00c9');
    expect(answer.headers['content-length']).toBeUndefined();
    const head = await ask(proxy.port, { path, method: 'HEAD' });
    expect(head.status).toBe(200);
    expect(head.headers['content-length']).toBeUndefined();
  });
});

describe('a middleware that cannot be used', () => {
  test('refuses what it guards by name, in the answer and in the log', async () => {
    const proxy = await startTestProxy({
      configuration: pipelineConfiguration({ app: [{ name: 'login', type: 'bearer' }] }),
    });
    const answer = await ask(proxy.port, { path: '/v1.0/invoke/http://127.0.0.1:1/method/x' });
    expect(answer).toMatchObject({ status: 503, headers: { 'retry-after': '1' } });
    expect(errorOf(answer).message).toContain('middleware "login" (middleware.http.bearer) is refused: ');
    const line = proxy.lines.find(({ message }) => message === 'request failed');
    expect(line?.fields).toMatchObject({ code: 'middleware-unavailable', kind: 'url' });
  });

  test.each([
    { why: 'of a type that is not built', type: 'wasm', settings: { url: 'file://x' } },
    { why: 'whose settings are wrong', type: 'ratelimit', settings: { maxRequestsPerSecond: '-1' } },
  ])('one $why refuses too, before any other answers', async ({ type, settings }) => {
    const { proxy, received } = await startPipedProxy({ http: [{ name: 'guard', type, settings }, onlyOrders] });
    const answer = await ask(proxy.port, { path: '/elsewhere' });
    expect(answer.status).toBe(503);
    expect(errorOf(answer).message).toContain(`middleware "guard" (middleware.http.${type}) is refused: `);
    expect(received).toEqual([]);
  });

  test('lets traffic on again as soon as its Component is there, and refuses it when it goes', async () => {
    const { proxy } = await startPipedProxy({ http: [onlyOrders] });
    expect((await ask(proxy.port, { path })).status).toBe(200);
    await proxy.change('only-orders.yaml', null);
    expect((await ask(proxy.port, { path })).status).toBe(503);
    await proxy.change('only-orders.yaml', middlewareComponent(onlyOrders, { rule: '^/nothing' }));
    expect(await ask(proxy.port, { path })).toMatchObject({ status: 400, body: 'invalid router' });
    await proxy.change('only-orders.yaml', middlewareComponent(onlyOrders, onlyOrders.settings));
    expect((await ask(proxy.port, { path })).status).toBe(200);
  });

  test('comes and goes with the Configuration, without a restart', async () => {
    const { proxy } = await startPipedProxy({ http: [onlyOrders] });
    const applied = async (configuration: string): Promise<void> => {
      const before = proxy.running.tableRevision();
      await writeFile(proxy.configFile, configuration);
      await waitUntil(() => proxy.running.tableRevision() !== before);
    };
    await applied(pipelineConfiguration({ http: [onlyOrders], app: [{ name: 'login', type: 'bearer' }] }));
    expect((await ask(proxy.port, { path })).status).toBe(503);
    await applied(pipelineConfiguration({ app: [{ name: 'only-orders', type: 'routerchecker' }] }));
    expect(await ask(proxy.port, { path })).toMatchObject({ status: 400, body: 'invalid router' });
    await applied(pipelineConfiguration({}));
    expect((await ask(proxy.port, { path })).status).toBe(200);
  });

  test('is told by the metadata API', async () => {
    const { proxy } = await startPipedProxy({
      app: [lettersOnly, { name: 'guard', type: 'wasm', settings: { url: 'file://x' } }],
    });
    const shown = async (): Promise<readonly { readonly state: string }[]> =>
      (JSON.parse((await ask(proxy.port, { path: '/v1.0/metadata' })).body) as { middleware: { state: string }[] })
        .middleware;
    await waitUntil(async () => (await shown())[0]?.state === 'ready');
    expect(await shown()).toEqual([
      { name: 'letters', type: 'middleware.http.routerchecker', state: 'ready' },
      {
        name: 'guard',
        type: 'middleware.http.wasm',
        state: 'refused',
        reason: expect.stringContaining('wasm') as unknown,
      },
    ]);
  });
});

test('a limiter keeps its count over changes that do not concern it', async () => {
  const once: Step = { name: 'once', type: 'ratelimit', settings: { maxRequestsPerSecond: '0.001' } };
  const { proxy } = await startPipedProxy({ http: [once, onlyOrders] });
  expect((await ask(proxy.port, { path })).status).toBe(200);
  await proxy.change('only-orders.yaml', middlewareComponent(onlyOrders, { rule: '^/v1' }));
  expect(await ask(proxy.port, { path })).toMatchObject({
    status: 429,
    body: 'You have reached maximum request limit.',
    headers: {
      'content-type': 'text/plain; charset=utf-8',
      'x-rate-limit-limit': '0.00',
      'x-rate-limit-duration': '1',
      'x-rate-limit-request-forwarded-for': '',
      'x-rate-limit-request-remote-addr': '127.0.0.1',
    },
  });
});

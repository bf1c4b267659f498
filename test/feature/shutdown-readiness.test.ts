/** Readiness goes before anything else does, and `--dapr-block-shutdown-duration` keeps serving meanwhile. */
import { describe, expect, onTestFinished, test } from 'vitest';
import { ask, errorOf } from '../support/ask.ts';
import { httpEndpoint } from '../support/http-endpoint.ts';
import { startTestProxy, waitUntil, type TestProxy, type TestProxyOptions } from '../support/start-test-proxy.ts';
import { startUpstream } from '../support/start-upstream.ts';

const health = ['/v1.0/healthz', '/v1.0/healthz/outbound'];

/** Serves for an hour after the shutdown has begun, unless it is forced, as it is at the end of the test. */
async function startBlocking(options: TestProxyOptions = {}): Promise<TestProxy> {
  const args = ['--dapr-block-shutdown-duration=1h', ...(options.args ?? [])];
  const proxy = await startTestProxy({ ...options, args });
  onTestFinished(() => forceShutdown(proxy));
  return proxy;
}

async function forceShutdown({ port }: TestProxy): Promise<void> {
  await ask(port, { path: '/v1.0/shutdown', method: 'POST', headers: ['dapr-force-shutdown', 'true'] });
}

describe('when a shutdown begins', () => {
  test('readiness is withdrawn on every port while calls over new connections are still served', async () => {
    const upstream = await startUpstream((_request, response) => response.end('served'));
    const proxy = await startBlocking({
      resources: { 'far.yaml': httpEndpoint('far', upstream.origin) },
      args: ['--dapr-public-port=0', '--dapr-public-listen-address=127.0.0.1'],
    });
    const ports = [proxy.port, proxy.running.publicPort ?? 0];
    for (const port of ports) for (const path of health) expect((await ask(port, { path })).status).toBe(204);
    proxy.running.shutdown();
    for (const port of ports) {
      for (const path of health) expect((await ask(port, { path })).status).toBe(500);
      expect(errorOf(await ask(port, { path: '/v1.0/healthz' })).errorCode).toBe('ERR_HEALTH_NOT_READY');
    }
    expect(await ask(proxy.port, { path: '/v1.0/invoke/far/method/x' })).toMatchObject({ status: 200, body: 'served' });
  });

  test('a change of an endpoint still applies while it keeps serving', async () => {
    const upstream = await startUpstream((request, response) => response.end(request.url));
    const proxy = await startBlocking({ resources: { 'far.yaml': httpEndpoint('far', upstream.origin) } });
    proxy.running.shutdown();
    await proxy.change('far.yaml', httpEndpoint('far', `${upstream.origin}/v2`));
    expect((await ask(proxy.port, { path: '/v1.0/invoke/far/method/x' })).body).toBe('/v2/x');
  });

  test('serving goes on for --dapr-block-shutdown-duration and not longer', async () => {
    const proxy = await startTestProxy({ args: ['--dapr-block-shutdown-duration=200ms'] });
    proxy.running.shutdown();
    expect((await ask(proxy.port, { path: '/v1.0/healthz' })).status).toBe(500);
    expect(await proxy.running.ended).toBe('graceful');
    await expect(ask(proxy.port, { path: '/v1.0/healthz' })).rejects.toThrow('ECONNREFUSED');
  });

  test('serving ends early when the application turns unhealthy', async () => {
    let isHealthy = true;
    const app = await startUpstream((_request, response) => response.writeHead(isHealthy ? 200 : 503).end());
    const proxy = await startTestProxy({
      args: [
        '--dapr-block-shutdown-duration=1h',
        `--app-port=${app.port}`,
        '--enable-app-health-check',
        '--app-health-probe-interval=1',
        '--app-health-threshold=1',
      ],
    });
    const appCall = { path: '/v1.0/invoke/orders/method/x' };
    await waitUntil(async () => (await ask(proxy.port, appCall)).status === 200);
    proxy.running.shutdown();
    expect((await ask(proxy.port, appCall)).status).toBe(200);
    isHealthy = false;
    expect(await proxy.running.ended).toBe('graceful');
  });

  test('asking again changes nothing', async () => {
    const proxy = await startBlocking();
    proxy.running.shutdown();
    proxy.running.shutdown();
    expect((await ask(proxy.port, { path: '/v1.0/shutdown', method: 'POST' })).status).toBe(204);
    expect(proxy.lines.filter(({ message }) => message === 'shutdown begins')).toHaveLength(1);
  });

  test('force ends it at once, also later on', async () => {
    const proxy = await startTestProxy({ args: ['--dapr-block-shutdown-duration=1h'] });
    proxy.running.shutdown();
    expect((await ask(proxy.port, { path: '/v1.0/healthz' })).status).toBe(500);
    await forceShutdown(proxy);
    expect(await proxy.running.ended).toBe('forced');
  });
});

/** Calls that would come back to the proxy that makes them: refused with 508 before anything is sent. */
import { hostname, networkInterfaces } from 'node:os';
import { describe, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { ask, errorOf } from '../support/ask.ts';
import { askH2c, openH2c } from '../support/h2c-client.ts';
import { httpEndpoint } from '../support/http-endpoint.ts';
import { startTestProxy } from '../support/start-test-proxy.ts';
import { startUpstream } from '../support/start-upstream.ts';

const ownAddresses = Object.values(networkInterfaces())
  .flatMap((list) => list ?? [])
  .filter(({ family }) => family === 'IPv4')
  .map(({ address }) => address);

describe('a call to the proxy itself', () => {
  test.each(['127.0.0.1', 'localhost', 'LOCALHOST', '127.1', '2130706433', '0x7f000001'])(
    'by the name %s is 508',
    async (host) => {
      const proxy = await startTestProxy();
      const answer = await ask(proxy.port, { path: `/v1.0/invoke/http://${host}:${proxy.port}/method/v1.0/healthz` });
      expect(answer.status).toBe(508);
      expect(errorOf(answer).message).toMatch(/err: the target is this proxy itself$/);
    },
  );

  test('by any address of this machine is 508 when it listens on all of them', async () => {
    const proxy = await startTestProxy({ args: ['--dapr-listen-addresses=0.0.0.0'] });
    expect(ownAddresses).toContain('127.0.0.1');
    for (const address of [...ownAddresses, '127.0.0.2', '0.0.0.0']) {
      const answer = await ask(proxy.port, {
        path: `/v1.0/invoke/http://${address}:${proxy.port}/method/v1.0/healthz`,
      });
      expect({ address, status: answer.status }).toEqual({ address, status: 508 });
    }
  });

  test('by the name of this machine never runs in a circle', async () => {
    const proxy = await startTestProxy({ args: ['--dapr-listen-addresses=0.0.0.0'] });
    const answer = await ask(proxy.port, {
      path: `/v1.0/invoke/http://${hostname()}:${proxy.port}/method/v1.0/healthz`,
    });
    // A machine may not know its own name.
    expect([502, 508]).toContain(answer.status);
  });

  test('by an HTTPEndpoint is 508, however the endpoint is named in the request', async () => {
    const proxy = await startTestProxy();
    await proxy.change('self.yaml', httpEndpoint('self', `http://localhost:${proxy.port}/v1.0/invoke/self/method`));
    expect((await ask(proxy.port, { path: '/v1.0/invoke/self/method/x' })).status).toBe(508);
    expect((await ask(proxy.port, { path: '/x', headers: ['dapr-app-id', 'self'] })).status).toBe(508);
    expect((await askH2c(openH2c(proxy.port), { ':path': '/v1.0/invoke/self/method/x' })).status).toBe(508);
  });

  test('by a WebSocket is 508', async () => {
    const proxy = await startTestProxy();
    await proxy.change('self.yaml', httpEndpoint('self', proxy.origin));
    const socket = new WebSocket(`ws://127.0.0.1:${proxy.port}/v1.0/invoke/self/method/x`);
    const status = await new Promise((resolve) => {
      socket.on('unexpected-response', (_request, response) => resolve(response.statusCode));
      socket.on('error', resolve);
    });
    expect(status).toBe(508);
  });

  test('with a body, and with trailers, is 508 too', async () => {
    const proxy = await startTestProxy();
    const path = `/v1.0/invoke/${proxy.origin}/method/x`;
    expect((await ask(proxy.port, { method: 'POST', path, body: 'hello' })).status).toBe(508);
    const headers = ['Trailer', 'X-Sum', 'Transfer-Encoding', 'chunked'];
    expect((await ask(proxy.port, { method: 'POST', path, headers, body: 'hello' })).status).toBe(508);
  });

  test('through a proxy of the environment that is this very proxy is 508', async () => {
    const first = await startTestProxy();
    const proxy = await startTestProxy({
      args: [`--dapr-http-port=${await freedPort(first.running)}`],
      env: { HTTP_PROXY: first.origin },
    });
    expect(proxy.origin).toBe(first.origin);
    expect((await ask(proxy.port, { path: '/v1.0/invoke/http://far.example/method/x' })).status).toBe(508);
  });

  test('over https fails instead of running in a circle', async () => {
    const proxy = await startTestProxy();
    const answer = await ask(proxy.port, { path: `/v1.0/invoke/https://127.0.0.1:${proxy.port}/method/x` });
    expect(answer.status).toBe(502);
  });
});

describe('what only looks like it', () => {
  test('another port of the same host is called', async () => {
    const upstream = await startUpstream((_request, response) => response.end('other'));
    const proxy = await startTestProxy();
    expect((await ask(proxy.port, { path: `/v1.0/invoke/${upstream.origin}/method/x` })).body).toBe('other');
  });

  test('another proxy on this machine is called', async () => {
    const other = await startTestProxy();
    const proxy = await startTestProxy();
    expect((await ask(proxy.port, { path: `/v1.0/invoke/${other.origin}/method/v1.0/healthz` })).status).toBe(204);
  });
});

/** Ends a proxy and resolves with the port that it had. */
async function freedPort(running: Awaited<ReturnType<typeof startTestProxy>>['running']): Promise<number> {
  running.shutdown();
  await running.ended;
  return running.apiPort ?? 0;
}

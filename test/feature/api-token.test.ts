/** DAPR_API_TOKEN guards the API; the public port and health are for those who have none. */
import { describe, expect, test } from 'vitest';
import { ask } from '../support/ask.ts';
import { startByteUpstream } from '../support/byte-upstream.ts';
import { askH2c, openH2c } from '../support/h2c-client.ts';
import { httpEndpoint } from '../support/http-endpoint.ts';
import { startTestProxy, type TestProxy } from '../support/start-test-proxy.ts';

const path = '/v1.0/invoke/up/method/x';
const token = ['dapr-api-token', 'secret'];

async function startGuarded(args: readonly string[] = []): Promise<{ proxy: TestProxy; requests: readonly string[] }> {
  const upstream = await startByteUpstream();
  const resources = { 'up.yaml': httpEndpoint('up', upstream.origin) };
  const proxy = await startTestProxy({ args, resources, env: { DAPR_API_TOKEN: 'secret' } });
  return { proxy, requests: upstream.requests };
}

describe('with DAPR_API_TOKEN', () => {
  test.for([
    ['GET', path],
    ['GET', '/by-header'],
    ['GET', '/unknown'],
    ['GET', '/v1.0/metadata'],
    ['PUT', '/v1.0/metadata/key'],
    ['POST', '/v1.0/shutdown'],
    ['POST', '/v1.0/healthz'],
    ['GET', '/v1.0/healthz/other'],
  ] as const)('%s %s without it is 401 in plain text, and nothing happens', async ([method, target]) => {
    const { proxy, requests } = await startGuarded();
    for (const headers of [[], ['dapr-api-token', ''], ['dapr-api-token', 'wrong'], [...token, ...token]]) {
      const answer = await ask(proxy.port, {
        method,
        path: target,
        headers: [...headers, 'dapr-app-id', target === '/by-header' ? 'up' : ''],
      });
      expect(answer).toMatchObject({ status: 401, body: 'invalid api token' });
      expect(answer.headers['content-type']).toMatch(/^text\/plain/);
    }
    expect(requests).toEqual([]);
    expect((await ask(proxy.port, { path: '/v1.0/healthz' })).status).toBe(204);
  });

  test.for(['/v1.0/healthz', '/v1.0/healthz/', '//v1.0//healthz', '/v1.0/healthz/outbound'])(
    'GET %s needs none',
    async (health) => {
      const { proxy } = await startGuarded();
      expect((await ask(proxy.port, { path: health })).status).toBe(204);
    },
  );

  test('a health path that names a target in a header is an invocation, and needs it', async () => {
    const { proxy, requests } = await startGuarded();
    expect((await ask(proxy.port, { path: '/v1.0/healthz', headers: ['dapr-app-id', 'up'] })).status).toBe(401);
    expect(requests).toEqual([]);
  });

  test('the right one opens every API, over HTTP/2 too, and is not forwarded', async () => {
    const { proxy, requests } = await startGuarded();
    expect((await ask(proxy.port, { path, headers: token })).body).toBe('ok');
    expect((await ask(proxy.port, { path: '/v1.0/metadata', headers: ['DAPR-API-TOKEN', 'secret'] })).status).toBe(200);
    expect((await askH2c(openH2c(proxy.port), { ':path': path, 'dapr-api-token': 'secret' })).body).toBe('ok');
    expect((await askH2c(openH2c(proxy.port), { ':path': path })).status).toBe(401);
    expect(requests).toHaveLength(2);
    expect(requests.join('')).not.toContain('secret');
  });

  test('stays 401 with --dapr-error-statuses', async () => {
    const { proxy } = await startGuarded(['--dapr-error-statuses']);
    expect((await ask(proxy.port, { path })).status).toBe(401);
  });

  test('appears in no log line', async () => {
    const { proxy } = await startGuarded(['--log-level=debug', '--enable-api-logging']);
    await ask(proxy.port, { path, headers: token });
    await ask(proxy.port, { path: '/v1.0/invoke/nobody/method/x', headers: token });
    await ask(proxy.port, { path, headers: ['dapr-api-token', 'wrong-guess'] });
    expect(proxy.lines.length).toBeGreaterThan(0);
    expect(JSON.stringify(proxy.lines)).not.toMatch(/"secret"|wrong-guess/);
  });
});

test('without DAPR_API_TOKEN everybody is served, whatever token he sends', async () => {
  const upstream = await startByteUpstream();
  const proxy = await startTestProxy({ resources: { 'up.yaml': httpEndpoint('up', upstream.origin) } });
  for (const headers of [[], token]) expect((await ask(proxy.port, { path, headers })).body).toBe('ok');
});

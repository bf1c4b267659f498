/** Whichever way a request is written, middleware sees what is served: no other form of it goes by a guard. */
import { describe, expect, test } from 'vitest';
import { ask, basicTarget } from '../support/ask.ts';
import { curl } from '../support/curl.ts';
import type { Step } from '../support/middleware-manifests.ts';
import { startPipedProxy } from '../support/start-piped-proxy.ts';

const login: Step = {
  name: 'login',
  type: 'oauth2',
  settings: {
    clientID: 'shop',
    clientSecret: 'secret',
    authURL: 'https://login.example/authorize',
    tokenURL: 'https://login.example/token',
    redirectURL: 'http://shop.example/login',
    pathFilter: '^/v1\\.0/invoke/up/method/admin',
  },
};

describe('a path filter', () => {
  test.each([
    ['/v1.0/invoke/up/method/admin', []],
    ['http://elsewhere/v1.0/invoke/up/method/admin', []],
    ['//v1.0//invoke/up/method/admin', []],
    ['/v1.0/invoke/up.default/method/admin', []],
    ['/v1.0/invoke/up/method/x/../../admin', []],
    ['/admin', ['dapr-app-id', 'up']],
    ['http://elsewhere/admin', ['dapr-app-id', 'up']],
    ['/admin', basicTarget('up')],
  ])('is not gone round by %s with %j', async (path, headers) => {
    const { proxy, received } = await startPipedProxy({ http: [login] });
    expect((await ask(proxy.port, { path, headers })).status).toBe(302);
    expect(received).toEqual([]);
  });

  test('lets other paths by', async () => {
    const { proxy } = await startPipedProxy({ http: [login] });
    expect((await ask(proxy.port, { path: '/v1.0/invoke/up/method/public' })).status).toBe(200);
  });
});

test('a path in absolute form is seen without its origin', async () => {
  const rule = '^/v1\\.0/invoke/up/method/[a-z?=0-9]+$';
  const { proxy, received } = await startPipedProxy({
    http: [{ name: 'plain', type: 'routerchecker', settings: { rule } }],
  });
  expect((await ask(proxy.port, { path: 'http://elsewhere/v1.0/invoke/up/method/a?b=1' })).status).toBe(200);
  expect(received.map(({ url }) => url)).toEqual(['/base/a?b=1']);
});

describe('a limit', () => {
  test('by path counts all spellings together', async () => {
    const settings = { key: '{path}', maxRequestsPerSecond: '0.001' };
    const { proxy, received } = await startPipedProxy({ http: [{ name: 'few', type: 'ratelimit', settings }] });
    const paths = ['/method/a', '/method/%61', '/method//a', '/method/b/../a'].map((rest) => `/v1.0/invoke/up${rest}`);
    const statuses = [];
    for (const path of [...paths, `//${paths[0]}`, `http://elsewhere${paths[0]}`]) {
      statuses.push((await ask(proxy.port, { path })).status);
    }
    expect(statuses).toEqual([200, 429, 429, 429, 429, 429]);
    expect(received).toHaveLength(1);
  });

  test('by address holds for every version of HTTP', async () => {
    const settings = { maxRequestsPerSecond: '0.001' };
    const { proxy } = await startPipedProxy({ http: [{ name: 'few', type: 'ratelimit', settings }] });
    const path = '/v1.0/invoke/up/method/a';
    expect((await ask(proxy.port, { path })).status).toBe(200);
    for (const version of ['--http1.1', '--http2', '--http2-prior-knowledge']) {
      const result = await curl(version, '--write-out', ' %{http_code}', `${proxy.origin}${path}`);
      expect(result.output, version).toMatch(/ 429$/);
    }
  });
});

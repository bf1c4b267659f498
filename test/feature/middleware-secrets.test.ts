/** Whatever becomes of logins and tokens, no secret of theirs shows: in the log, in answers of the proxy, metrics or metadata. */
import { inspect } from 'node:util';
import { expect, test } from 'vitest';
import { ask } from '../support/ask.ts';
import { startOidcProvider } from '../support/start-oidc-provider.ts';
import { startPipedProxy, type PipedProxy } from '../support/start-piped-proxy.ts';
import { grant, oauthError, TokenServer, type TokenAnswer } from '../support/start-token-server.ts';
import { TestBrowser } from '../support/test-browser.ts';

const secret = 'planted-secret-client';
const path = '/v1.0/invoke/up/method/orders';
const args = ['--dapr-http-read-buffer-size=32', '--log-level=debug', '--enable-api-logging'];

/** All that the proxy shows to others than the caller and the upstream. */
async function shown({ proxy }: PipedProxy): Promise<string> {
  const metricsPort = proxy.running.metricsPort ?? 0;
  const metrics = (await ask(metricsPort, { path: '/metrics' })).body;
  const metadata = (await ask(proxy.port, { path: '/v1.0/metadata' })).body;
  expect(metrics).toContain('dapr_http_server_request_count');
  expect(proxy.lines.length).toBeGreaterThan(3);
  return [inspect(proxy.lines, { depth: 20 }), metrics, metadata].join('\n');
}

test('of a login that succeeds, and of one that does not', async () => {
  const provider = await startOidcProvider();
  const redirect = `http://shop.example${path}`;
  const piped = await startPipedProxy({
    http: [
      {
        name: 'login',
        type: 'oauth2',
        settings: {
          clientID: 'shop',
          clientSecret: secret,
          scopes: 'openid,offline_access,read',
          authURL: `${provider.origin}/auth`,
          tokenURL: `${provider.origin}/token`,
          redirectURL: redirect,
          rootCA: provider.rootCa,
          pathFilter: '/method/',
        },
      },
    ],
    args,
  });
  await provider.open({ clients: [{ client_id: 'shop', client_secret: secret, redirect_uris: [redirect] }] });
  const browser = new TestBrowser(provider.rootCa);
  const end = await browser.open(`${piped.proxy.origin}${path}`, (location) => location.startsWith(redirect));
  const back = new URL(end.location.replace('http://shop.example', piped.proxy.origin));
  const stolen = await new TestBrowser(provider.rootCa).get(back.href);
  const answer = await browser.get(back.href);
  const again = await browser.get(`${piped.proxy.origin}${path}`);
  const cookies = [...(browser.cookies.get(piped.proxy.origin)?.values() ?? [])];
  browser.cookies.clear();
  const failed = await browser.get(back.href);
  expect([stolen.status, answer.status, again.status, failed.status]).toEqual([400, 302, 200, 400]);
  const secrets = [
    secret,
    back.searchParams.get('code') ?? '',
    back.searchParams.get('state') ?? '',
    String(piped.received[0]?.headers.authorization).slice('Bearer '.length),
    ...cookies,
  ];
  expect(secrets).toHaveLength(6);
  const text = await shown(piped);
  for (const one of secrets) expect([one.length > 10, text.includes(one)]).toEqual([true, false]);
  for (const one of [secret, ...secrets.slice(3, 4)])
    expect(answer.setCookies.join() + answer.location).not.toContain(one);
});

test.each<[string, TokenAnswer, number]>([
  ['granted', grant({ access_token: 'planted-secret-token', refresh_token: 'planted-secret-refresh' }), 200],
  ['refused', oauthError(400, secret), 502],
  ['broken', (response) => void response.end('{"access_token":"planted-secret-token","token_type":"mac"}'), 502],
  ['not to be sent', grant({ access_token: 'planted-secret-token\r\nX: 1' }), 502],
  [
    'cut off',
    (response) =>
      response.writeHead(200, { 'Content-Length': '99' }).write('planted-secret-token', () => response.destroy()),
    502,
  ],
])('of a token of the proxy that is %s', async (_what, answer, status) => {
  const server = await TokenServer.start();
  server.answer = answer;
  const piped = await startPipedProxy({
    app: [
      {
        name: 'token',
        type: 'oauth2clientcredentials',
        settings: {
          clientID: 'orders',
          clientSecret: secret,
          scopes: 'read',
          tokenURL: server.url,
          headerName: 'Authorization',
          endpointParamsQuery: 'assertion=planted-secret-assertion',
          rootCA: server.rootCa,
        },
      },
    ],
    args,
  });
  const reply = await ask(piped.proxy.port, { path, headers: ['Authorization', 'Bearer planted-secret-caller'] });
  expect(reply.status).toBe(status);
  expect(piped.received.map(({ headers }) => headers.authorization)).toEqual(
    status === 200 ? ['Bearer planted-secret-token'] : [],
  );
  expect(`${JSON.stringify(reply)}${await shown(piped)}`).not.toContain('planted-secret');
});

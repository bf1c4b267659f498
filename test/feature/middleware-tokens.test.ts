/** Tokens between proxies: one fetches them from a real OpenID provider, the next one checks them. And the calls for that. */
import { expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { freePort } from '../../examples/run/free-port.ts';
import { ask, errorOf } from '../support/ask.ts';
import { createTestAuthority } from '../support/create-test-authority.ts';
import { httpEndpoint } from '../support/http-endpoint.ts';
import { middlewareComponent, pipelineConfiguration } from '../support/middleware-manifests.ts';
import { startForwardProxy } from '../support/start-forward-proxy.ts';
import { startOidcProvider, type OidcProvider } from '../support/start-oidc-provider.ts';
import { startPipedProxy, type PipedProxy } from '../support/start-piped-proxy.ts';
import { startTestProxy, type TestProxy, waitUntil } from '../support/start-test-proxy.ts';
import { startTlsUpstream } from '../support/start-tls-upstream.ts';

const type = 'oauth2clientcredentials';
const path = '/v1.0/invoke/next/method/v1.0/invoke/up/method/orders';

interface Chain {
  readonly provider: OidcProvider;
  readonly caller: TestProxy;
  readonly callee: PipedProxy;
  /** Manifest of the caller's Component. */
  readonly component: (settings?: Readonly<Record<string, string>>) => string;
}

/** Two proxies and a provider that knows the client by these secrets. */
async function startChain(secret = 'good'): Promise<Chain> {
  const provider = await startOidcProvider();
  await openProvider(provider, 'good');
  const { origin, rootCa } = provider;
  const callee = await startPipedProxy({
    http: [{ name: 'check', type: 'bearer', settings: { issuer: origin, audience: 'urn:orders', rootCA: rootCa } }],
  });
  const component = (settings: Readonly<Record<string, string>> = {}): string =>
    middlewareComponent(
      { name: 'token', type },
      {
        clientID: 'orders',
        clientSecret: secret,
        scopes: 'read',
        tokenURL: `${origin}/token`,
        endpointParamsQuery: 'resource=urn%3Aorders',
        headerName: 'Authorization',
        rootCA: rootCa,
        ...settings,
      },
    );
  const caller = await startTestProxy({
    resources: { 'next.yaml': httpEndpoint('next', callee.proxy.origin), 'token.yaml': component() },
    configuration: pipelineConfiguration({ app: [{ name: 'token', type }] }),
  });
  return { provider, caller, callee, component };
}

function openProvider(provider: OidcProvider, secret: string): Promise<void> {
  return provider.open({
    clients: [
      {
        client_id: 'orders',
        client_secret: secret,
        redirect_uris: [],
        response_types: [],
        grant_types: ['client_credentials'],
        scope: 'read',
      },
    ],
  });
}

test('a call goes on with a token that the next proxy takes; without it, none does', async () => {
  const { provider, caller, callee } = await startChain();
  const headers = ['Authorization', 'Bearer mine'];
  expect(await ask(caller.port, { path, headers })).toMatchObject({ status: 200, body: 'hello' });
  expect(await ask(caller.port, { path, method: 'POST', body: 'order' })).toMatchObject({ status: 200, body: 'order' });
  expect(provider.requests.filter((line) => line === 'POST /token')).toHaveLength(1);
  expect(callee.received[0]?.headers.authorization).toMatch(/^Bearer ey/);
  const direct = await ask(callee.proxy.port, { path: '/v1.0/invoke/up/method/orders', headers });
  expect(direct).toMatchObject({
    status: 401,
    body: 'Unauthorized',
    headers: { 'content-type': 'text/plain; charset=utf-8', 'www-authenticate': 'Bearer error="invalid_token"' },
  });
  expect(callee.received).toHaveLength(2);
  const socket = new WebSocket(`ws://127.0.0.1:${callee.proxy.port}/v1.0/invoke/up/method/orders`);
  const refusal = await new Promise<number | undefined>((resolve) => {
    socket.on('error', () => undefined);
    socket.on('unexpected-response', (_request, response) => resolve(response.statusCode));
  });
  expect(refusal).toBe(401);
});

test('a secret that rotates is used with the next request, also after the old one was refused', async () => {
  const { caller, component } = await startChain('old');
  const refused = await ask(caller.port, { path });
  expect(refused.status).toBe(502);
  expect(refused.headers['retry-after']).toBe('1');
  expect(errorOf(refused).message).toContain(
    'middleware "token" (middleware.http.oauth2clientcredentials): the token endpoint answered with status 401 (invalid_client)',
  );
  await caller.change('token.yaml', component({ clientSecret: 'good' }));
  expect((await ask(caller.port, { path })).status).toBe(200);
});

test('an issuer that is not there keeps everybody out, and lets them in when it is', async () => {
  const provider = await startOidcProvider();
  const { proxy, received } = await startPipedProxy({
    http: [
      { name: 'check', type: 'bearer', settings: { issuer: provider.origin, audience: 'a', rootCA: provider.rootCa } },
    ],
  });
  const answer = await ask(proxy.port, {
    path: '/v1.0/invoke/up/method/x',
    headers: ['Authorization', 'Bearer a.b.c'],
  });
  expect(answer.status).toBe(503);
  expect(errorOf(answer).message).toContain(
    'middleware "check" (middleware.http.bearer) could not be started: the issuer\'s discovery document answered with status 503',
  );
  await openProvider(provider, 'good');
  await waitUntil(async () => (await ask(proxy.port, { path: '/v1.0/invoke/up/method/x' })).status === 401);
  expect(received).toEqual([]);
});

const { rootCa, server } = await createTestAuthority({ hosts: ['login.example'] });

function startWithTokenUrl(
  tokenUrl: string,
  more: { readonly env?: Readonly<Record<string, string>>; readonly args?: readonly string[] } = {},
): Promise<TestProxy> {
  const settings = {
    clientID: 'orders',
    clientSecret: 'planted-secret',
    scopes: 'read',
    tokenURL: tokenUrl,
    headerName: 'Authorization',
    rootCA: rootCa.value,
  };
  return startTestProxy({
    resources: {
      'next.yaml': httpEndpoint('next', 'http://127.0.0.1:1'),
      'token.yaml': middlewareComponent({ name: 'token', type }, settings),
    },
    configuration: pipelineConfiguration({ app: [{ name: 'token', type }] }),
    ...more,
  });
}

test('a token endpoint that is the proxy itself is a loop', async () => {
  const port = await freePort();
  const proxy = await startWithTokenUrl(`http://127.0.0.1:${port}/v1.0/invoke/next/method/token`, {
    args: [`--dapr-http-port=${port}`],
  });
  const answer = await ask(proxy.port, { path: '/v1.0/invoke/next/method/x' });
  expect(answer.status).toBe(502);
  expect(errorOf(answer).message).toContain('the token endpoint cannot be reached: the target is this proxy itself');
});

test('a token endpoint is reached through the proxy of the environment, TLS verified to its end', async () => {
  const endpoint = await startTlsUpstream(server, (_request, response) =>
    response.writeHead(400).end('{"error":"invalid_scope"}'),
  );
  const forwardProxy = await startForwardProxy({ upstreamPort: endpoint.port, credentials: 'me:planted-secret' });
  const env = { HTTPS_PROXY: `http://me:planted-secret@127.0.0.1:${forwardProxy.port}` };
  const proxy = await startWithTokenUrl('https://login.example/token', { env });
  const answer = await ask(proxy.port, { path: '/v1.0/invoke/next/method/x' });
  expect(errorOf(answer).message).toContain('answered with status 400 (invalid_scope)');
  expect(forwardProxy.lines).toEqual(['CONNECT login.example:443']);
  expect(endpoint.requests).toEqual(['POST /token']);
  const other = await startWithTokenUrl('https://elsewhere.example/token', { env });
  const mismatch = await ask(other.port, { path: '/v1.0/invoke/next/method/x' });
  expect(errorOf(mismatch).message).toContain("cannot be reached: the upstream's certificate is for another name");
  expect(`${answer.body}${mismatch.body}${JSON.stringify([proxy.lines, other.lines])}`).not.toContain('planted-secret');
});

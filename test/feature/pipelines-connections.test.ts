/** Every way to reach the proxy passes the pipelines, and requests at the same time keep to themselves. */
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { ask } from '../support/ask.ts';
import { askH2c, openH2c } from '../support/h2c-client.ts';
import { httpEndpoint } from '../support/http-endpoint.ts';
import { middlewareComponent, pipelineConfiguration, stepFiles, type Step } from '../support/middleware-manifests.ts';
import { OAuth2Site } from '../support/oauth2-site.ts';
import { openRawConnection } from '../support/raw-connection.ts';
import { startOpaDouble } from '../support/start-opa-double.ts';
import { startPipedProxy } from '../support/start-piped-proxy.ts';
import { startTestProxy, waitUntil, type TestProxy } from '../support/start-test-proxy.ts';
import { grant, TokenServer } from '../support/start-token-server.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { openWebSocket, startWebSocketUpstream, type WebSocketUpstream } from '../support/web-socket-upstream.ts';

const path = '/v1.0/invoke/up/method/orders';
const once: Step = { name: 'once', type: 'ratelimit', settings: { maxRequestsPerSecond: '0.001' } };

/** The folder has a file for each step. */
async function startWebSockets(pipelines: {
  readonly http?: readonly Step[];
  readonly app?: readonly Step[];
}): Promise<{ upstream: WebSocketUpstream; proxy: TestProxy }> {
  const upstream = await startWebSocketUpstream();
  const proxy = await startTestProxy({
    resources: {
      'up.yaml': httpEndpoint('up', upstream.origin),
      ...stepFiles(pipelines.http, pipelines.app),
    },
    configuration: pipelineConfiguration(pipelines),
  });
  return { upstream, proxy };
}

describe('a WebSocket', () => {
  test.each(['http', 'app'] as const)('is let on or refused by the %s pipeline', async (pipeline) => {
    const { upstream, proxy } = await startWebSockets({ [pipeline]: [once] });
    const client = await openWebSocket(`ws://127.0.0.1:${proxy.port}/v1.0/invoke/up/method/chat`);
    client.socket.send('hello');
    await waitUntil(() => client.messages.includes('hello'));
    await expect(openWebSocket(`ws://127.0.0.1:${proxy.port}/v1.0/invoke/up/method/chat`)).rejects.toThrow('429');
    expect(upstream.handshakes).toHaveLength(1);
  });

  test('is opened at the path and with the headers that middleware makes; its messages stay as they are', async () => {
    const opa = await startOpaDouble(() => ({ allow: true, additional_headers: { 'X-User': 'alice' } }));
    const { upstream, proxy } = await startWebSockets({
      http: [
        { name: 'short', type: 'routeralias', settings: { '/chat/{room}': '/v1.0/invoke/up/method/rooms' } },
        { name: 'loud', type: 'uppercase', settings: { direction: 'both' } },
      ],
      app: [{ name: 'who', type: 'opa', settings: { url: opa.origin } }],
    });
    const client = await openWebSocket(`ws://127.0.0.1:${proxy.port}/chat/7`);
    client.socket.send('quiet');
    await waitUntil(() => client.messages.includes('quiet'));
    expect(upstream.handshakes[0]).toMatchObject({ url: '/rooms?room=7', headers: { 'x-user': 'alice' } });
  });

  test('whose handshake renews a session gets the new cookie with it', async () => {
    const server = await TokenServer.start();
    const settings = {
      clientID: 'shop',
      clientSecret: 'secret',
      authURL: 'https://login.example/authorize',
      tokenURL: server.url,
      redirectURL: 'http://shop.example/callback',
      rootCA: server.rootCa,
    };
    const site = await OAuth2Site.open({ ...settings, scopes: '' }, server);
    // By a clock of the past: it is over by now.
    const { cookies } = await site.loggedIn(grant({ refresh_token: 'again' }));
    const { proxy } = await startWebSockets({ http: [{ name: 'login', type: 'oauth2', settings }] });
    const connection = await openRawConnection(proxy.port);
    connection.send(
      [
        'GET /v1.0/invoke/up/method/chat HTTP/1.1',
        'Host: localhost',
        'Upgrade: websocket',
        'Connection: Upgrade',
        'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
        'Sec-WebSocket-Version: 13',
        `Cookie: ${[...cookies].map(([name, value]) => `${name}=${value}`).join('; ')}`,
        '\r\n',
      ].join('\r\n'),
    );
    const answer = await connection.receives('\r\n\r\n');
    expect(answer).toMatch(/^HTTP\/1\.1 101 /);
    expect(answer).toMatch(/\r\nset-cookie: farpoint-oauth2-\w+-session=/i);
  });

  test('is refused with 503 where a middleware is missing', async () => {
    const { upstream, proxy } = await startWebSockets({
      app: [{ name: 'gone', type: 'wasm', settings: { url: 'file://x' } }],
    });
    await expect(openWebSocket(`ws://127.0.0.1:${proxy.port}/v1.0/invoke/up/method/chat`)).rejects.toThrow('503');
    expect(upstream.handshakes).toEqual([]);
  });
});

test('a caller of HTTP/2 passes them too', async () => {
  const upper: Step = { name: 'upper', type: 'uppercase', settings: { direction: 'both' } };
  const opa = await startOpaDouble(({ request }) => ({
    allow: request.body === 'seven',
    additional_headers: { 'X-User': 'alice' },
  }));
  const reader: Step = { name: 'reader', type: 'opa', settings: { url: opa.origin, readBody: 'true' } };
  const { proxy, received } = await startPipedProxy({ http: [reader, upper] });
  const session = openH2c(proxy.port);
  const answer = await askH2c(session, { ':path': path, ':method': 'POST', 'x-user': 'mallory' }, 'seven');
  expect(answer).toMatchObject({ status: 200, body: 'SEVEN' });
  expect(received[0]).toMatchObject({ body: 'SEVEN', headers: { 'x-user': 'alice' } });
  expect(await askH2c(session, { ':path': path, ':method': 'POST' }, 'eight')).toMatchObject({ status: 403 });
});

test('what a middleware says of the caller, the caller cannot take back', async () => {
  const opa = await startOpaDouble(() => ({ allow: true, additional_headers: { 'X-User': 'alice' } }));
  const { proxy, received } = await startPipedProxy({
    http: [{ name: 'who', type: 'opa', settings: { url: opa.origin } }],
  });
  const headers = ['X-User', 'mallory', 'Connection', 'close, X-User', 'x-user', 'eve', 'X-Hop', '1'];
  expect((await ask(proxy.port, { path, headers })).status).toBe(200);
  expect(received[0]?.headers['x-user']).toBe('alice');
});

test('over a socket file the remote address is empty', async () => {
  const folder = await temporaryFolder();
  const { proxy } = await startPipedProxy({ http: [once], args: [`--unix-domain-socket=${folder}`] });
  const socketPath = join(folder, 'dapr-orders-http.socket');
  expect((await ask(0, { path, socketPath })).status).toBe(200);
  const headers = ['X-Forwarded-For', '10.0.0.1'];
  expect(await ask(0, { path, socketPath, headers })).toMatchObject({
    status: 429,
    headers: { 'x-rate-limit-request-remote-addr': '', 'x-rate-limit-request-forwarded-for': '10.0.0.1' },
  });
  expect(proxy.running.apiPort).toBeNull();
});

test('requests at once, held in the middle of a pipeline, keep their paths, headers, bodies and answers', async () => {
  const open = Promise.withResolvers<void>();
  const opa = await startOpaDouble(async ({ request }) => {
    await open.promise;
    const [, id = ''] = /-(\d+)$/.exec(request.body ?? '') ?? [];
    return Number(id) % 5 === 0 ? false : { allow: true, additional_headers: { 'X-Id': id } };
  });
  const { proxy, received } = await startPipedProxy({
    http: [
      { name: 'short', type: 'routeralias', settings: { '/o/{id}': '/v1.0/invoke/up/method/orders' } },
      { name: 'reader', type: 'opa', settings: { url: opa.origin, readBody: 'true' } },
      { name: 'loud', type: 'uppercase', settings: { direction: 'response' } },
    ],
    app: [{ name: 'limit', type: 'ratelimit', settings: { key: '{header:x-id}', maxRequestsPerSecond: '0.001' } }],
  });
  const ids = Array.from({ length: 100 }, (_, index) => index);
  const asked = ids.map((id) => {
    const body = `body-${id}`;
    return ask(proxy.port, {
      path: `/o/${id}`,
      method: 'POST',
      body,
      headers: ['Content-Length', String(body.length)],
    });
  });
  await waitUntil(() => opa.inputs.length === ids.length);
  // A change in the middle: those inside keep the pipeline that they came to.
  await proxy.change('loud.yaml', middlewareComponent({ name: 'loud', type: 'uppercase' }, { direction: 'request' }));
  open.resolve();
  for (const [id, answering] of asked.entries()) {
    const { status, body } = await answering;
    if (id % 5 === 0) expect(status).toBe(403);
    else expect([status, body]).toEqual([200, `BODY-${id}`]);
  }
  expect(received).toHaveLength(80);
  for (const { url, headers, body } of received) {
    const id = url.split('=')[1];
    expect([url, headers['x-id'], body]).toEqual([`/base/orders?id=${id}`, id, `body-${id}`]);
  }
});

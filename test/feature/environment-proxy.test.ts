/** HTTP_PROXY, HTTPS_PROXY and NO_PROXY, with a real forward proxy that knows hosts which no resolver does. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import { describe, expect, onTestFinished, test } from 'vitest';
import { WebSocket, WebSocketServer } from 'ws';
import { ask, errorOf } from '../support/ask.ts';
import { headerLinesOf, requestLineOf, startByteUpstream } from '../support/byte-upstream.ts';
import { createTestAuthority } from '../support/create-test-authority.ts';
import { startForwardProxy, type ForwardProxy } from '../support/start-forward-proxy.ts';
import { startProxyTo } from '../support/start-proxy-to.ts';
import { startTestProxy, type TestProxy } from '../support/start-test-proxy.ts';
import { startHttp2Upstream, startTlsUpstream } from '../support/start-tls-upstream.ts';
import { listenUntilTestEnds } from '../support/start-upstream.ts';

const hosts = ['far.example'];
const { rootCa, server: far } = await createTestAuthority({ hosts });

interface Through {
  readonly baseUrl: string;
  readonly env: Readonly<Record<string, string>>;
  readonly args?: readonly string[];
}

function startThrough({ baseUrl, env, args = [] }: Through): Promise<TestProxy> {
  return startProxyTo({ baseUrl, ...(baseUrl.startsWith('https:') ? { rootCa } : {}) }, { env, args });
}

function urlOf(proxy: ForwardProxy, userInfo = ''): string {
  return `http://${userInfo}127.0.0.1:${proxy.port}`;
}

const path = '/v1.0/invoke/far/method/x';

describe('HTTP_PROXY', () => {
  test('takes http calls in absolute form, with Host, path, query, body and repeated fields as sent', async () => {
    const upstream = await startByteUpstream();
    const forwardProxy = await startForwardProxy({ upstreamPort: upstream.port });
    const { port } = await startThrough({
      baseUrl: 'http://far.example:8080/base',
      env: { HTTP_PROXY: urlOf(forwardProxy) },
    });
    const answer = await ask(port, {
      method: 'POST',
      path: '/v1.0/invoke/far/method/a%2Fb/?x=1',
      headers: ['X-One', '1', 'X-one', '2', 'Content-Length', '5'],
      body: 'hello',
    });
    expect(answer).toMatchObject({ status: 200, body: 'ok' });
    expect(forwardProxy.lines).toEqual(['POST http://far.example:8080/base/a%2Fb/?x=1']);
    expect(requestLineOf(upstream.requests[0])).toBe('POST /base/a%2Fb/?x=1 HTTP/1.1');
    const lines = headerLinesOf(upstream.requests[0]);
    expect(lines).toEqual(expect.arrayContaining(['X-One: 1', 'X-one: 2']));
    expect(lines.filter((line) => /^host:/i.test(line)).map((line) => line.toLowerCase())).toEqual([
      'host: far.example:8080',
    ]);
    expect(upstream.requests[0]?.endsWith('hello')).toBe(true);
  });

  test('takes URL targets too', async () => {
    const upstream = await startByteUpstream();
    const forwardProxy = await startForwardProxy({ upstreamPort: upstream.port });
    const { port } = await startTestProxy({ env: { http_proxy: urlOf(forwardProxy) } });
    expect((await ask(port, { path: '/v1.0/invoke/http://other.example/method/x' })).status).toBe(200);
    expect(forwardProxy.lines).toEqual(['GET http://other.example/x']);
  });

  test('does not take https calls, nor HTTPS_PROXY http calls', async () => {
    const forwardProxy = await startForwardProxy({ upstreamPort: 1 });
    const secure = await startThrough({ baseUrl: 'https://far.example', env: { HTTP_PROXY: urlOf(forwardProxy) } });
    const plain = await startThrough({ baseUrl: 'http://far.example', env: { HTTPS_PROXY: urlOf(forwardProxy) } });
    for (const { port } of [secure, plain]) {
      const answer = await ask(port, { path });
      expect(answer.status).toBe(502);
      expect(errorOf(answer).message).toContain('could not resolve the host name');
    }
    expect(forwardProxy.lines).toEqual([]);
  });

  test('may be written without a scheme', async () => {
    const upstream = await startByteUpstream();
    const forwardProxy = await startForwardProxy({ upstreamPort: upstream.port });
    const { port } = await startThrough({
      baseUrl: 'http://far.example',
      env: { HTTP_PROXY: `127.0.0.1:${forwardProxy.port}` },
    });
    expect((await ask(port, { path })).status).toBe(200);
  });

  test('gets the credentials of its URL, and nobody else does', async () => {
    const upstream = await startTlsUpstream(far, (request, response) =>
      response.end(JSON.stringify(request.rawHeaders)),
    );
    const forwardProxy = await startForwardProxy({ upstreamPort: upstream.port, credentials: 'me:p@ss word' });
    const env = { HTTPS_PROXY: urlOf(forwardProxy, 'me:p%40ss%20word@') };
    const { port } = await startThrough({ baseUrl: 'https://far.example', env });
    const answer = await ask(port, { path, headers: ['Proxy-Authorization', 'Basic of-the-caller'] });
    expect(answer.status).toBe(200);
    expect(answer.body.toLowerCase()).not.toContain('proxy-authorization');
    expect(forwardProxy.lines).toEqual(['CONNECT far.example:443']);
  });

  test('gets its credentials with calls in absolute form', async () => {
    const upstream = await startByteUpstream();
    const forwardProxy = await startForwardProxy({ upstreamPort: upstream.port, credentials: 'me:secret' });
    const env = { HTTP_PROXY: urlOf(forwardProxy, 'me:secret@') };
    const { port } = await startThrough({ baseUrl: 'http://far.example', env });
    const answer = await ask(port, { path, headers: ['Proxy-Authorization', 'Basic of-the-caller'] });
    expect(answer.status).toBe(200);
    const sent = forwardProxy.rawHeaders[0]?.filter(
      (_text, index, all) => all[index - 1]?.toLowerCase() === 'proxy-authorization',
    );
    expect(sent).toEqual([`Basic ${Buffer.from('me:secret').toString('base64')}`]);
  });
});

describe('HTTPS_PROXY', () => {
  test('tunnels by CONNECT; TLS inside is with the upstream and verified', async () => {
    const upstream = await startTlsUpstream(far);
    const forwardProxy = await startForwardProxy({ upstreamPort: upstream.port });
    const { port } = await startThrough({
      baseUrl: 'https://far.example:8443',
      env: { HTTPS_PROXY: urlOf(forwardProxy) },
    });
    expect((await ask(port, { path })).status).toBe(200);
    expect((await ask(port, { path })).status).toBe(200);
    expect(forwardProxy.lines).toEqual(['CONNECT far.example:8443']);
    expect(upstream.connections).toMatchObject([{ serverName: 'far.example' }]);
  });

  test('refuses an upstream behind the tunnel that is not who it should be', async () => {
    const stranger = await createTestAuthority({ name: 'Stranger Root', hosts });
    const upstream = await startTlsUpstream(stranger.server);
    const forwardProxy = await startForwardProxy({ upstreamPort: upstream.port });
    const { port } = await startThrough({ baseUrl: 'https://far.example', env: { HTTPS_PROXY: urlOf(forwardProxy) } });
    const answer = await ask(port, { path });
    expect(answer.status).toBe(502);
    expect(errorOf(answer).message).toContain('signed by an authority that is not trusted');
    expect(upstream.requests).toEqual([]);
  });

  test('carries HTTP/2 where the upstream agrees on it', async () => {
    const upstream = await startHttp2Upstream(far, (stream, headers) => {
      stream.respond({ ':status': 200 });
      stream.end(headers[':authority']);
    });
    const forwardProxy = await startForwardProxy({ upstreamPort: upstream.port });
    const { port } = await startThrough({ baseUrl: 'https://far.example', env: { HTTPS_PROXY: urlOf(forwardProxy) } });
    expect(await ask(port, { path })).toMatchObject({ status: 200, body: 'far.example' });
    expect(upstream.connections).toMatchObject([{ alpn: 'h2' }]);
  });

  test.each([
    [407, 'the environment proxy answered 407'],
    [503, 'the environment proxy answered 503'],
  ])('that refuses with %i is 502', async (status, sentence) => {
    const forwardProxy = await startForwardProxy({ upstreamPort: 1, refuseWith: status });
    const { port } = await startThrough({ baseUrl: 'https://far.example', env: { HTTPS_PROXY: urlOf(forwardProxy) } });
    const answer = await ask(port, { path });
    expect(answer.status).toBe(502);
    expect(errorOf(answer).message).toContain(sentence);
  });

  test('that is not there is 502', async () => {
    const { port } = await startThrough({ baseUrl: 'https://far.example', env: { HTTPS_PROXY: 'http://127.0.0.1:1' } });
    const answer = await ask(port, { path });
    expect(answer.status).toBe(502);
    expect(errorOf(answer).message).toContain('connection refused');
  });
});

describe('no proxy is asked', () => {
  test.each(['far.example', '.example', '*.example', 'example', '*', 'other, FAR.example:80', 'far.example:80'])(
    'with NO_PROXY=%s',
    async (noProxy) => {
      const forwardProxy = await startForwardProxy({ upstreamPort: 1 });
      const env = { HTTP_PROXY: urlOf(forwardProxy), NO_PROXY: noProxy };
      const { port } = await startThrough({ baseUrl: 'http://far.example', env });
      expect(errorOf(await ask(port, { path })).message).toContain('could not resolve the host name');
      expect(forwardProxy.lines).toEqual([]);
    },
  );

  test.each(['far.example:8080', 'ar.example', 'sub.far.example', '10.0.0.0/8', ''])(
    'but it is with NO_PROXY=%s',
    async (noProxy) => {
      const upstream = await startByteUpstream();
      const forwardProxy = await startForwardProxy({ upstreamPort: upstream.port });
      const env = { HTTP_PROXY: urlOf(forwardProxy), NO_PROXY: noProxy };
      const { port } = await startThrough({ baseUrl: 'http://far.example', env });
      expect((await ask(port, { path })).status).toBe(200);
      expect(forwardProxy.lines).toEqual(['GET http://far.example/x']);
    },
  );

  test.each(['127.0.0.1', 'localhost'])('for %s', async (host) => {
    const upstream = await startByteUpstream();
    const forwardProxy = await startForwardProxy({ upstreamPort: 1 });
    const env = { HTTP_PROXY: urlOf(forwardProxy) };
    const { port } = await startThrough({ baseUrl: `http://${host}:${upstream.port}`, env });
    expect((await ask(port, { path })).status).toBe(200);
    expect(forwardProxy.lines).toEqual([]);
  });

  test('for the application, whatever its address', async () => {
    const forwardProxy = await startForwardProxy({ upstreamPort: 1 });
    const { port } = await startTestProxy({
      env: { HTTP_PROXY: urlOf(forwardProxy) },
      args: ['--app-port=80', '--app-channel-address=app.example'],
    });
    const answer = await ask(port, { path: '/v1.0/invoke/orders/method/x' });
    expect(errorOf(answer).message).toContain('could not resolve the host name');
    expect(forwardProxy.lines).toEqual([]);
  });
});

describe('a WebSocket through a proxy', () => {
  test.each(['http', 'https'] as const)('to an %s upstream tunnels by CONNECT', async (scheme) => {
    const forwardProxy = await startForwardProxy({ upstreamPort: await startEcho(scheme) });
    const url = urlOf(forwardProxy);
    const { port } = await startThrough({
      baseUrl: `${scheme}://far.example`,
      env: { HTTP_PROXY: url, HTTPS_PROXY: url },
    });
    const socket = new WebSocket(`ws://127.0.0.1:${port}${path}`);
    onTestFinished(() => socket.terminate());
    await once(socket, 'open');
    socket.send('hello');
    const [message] = (await once(socket, 'message')) as [Buffer];
    expect(message.toString()).toBe('hello');
    expect(forwardProxy.lines).toEqual([`CONNECT far.example:${scheme === 'https' ? 443 : 80}`]);
  });

  test('that refuses is 502', async () => {
    const forwardProxy = await startForwardProxy({ upstreamPort: 1, refuseWith: 403 });
    const { port } = await startThrough({ baseUrl: 'http://far.example', env: { HTTP_PROXY: urlOf(forwardProxy) } });
    const socket = new WebSocket(`ws://127.0.0.1:${port}${path}`);
    const [, response] = (await once(socket, 'unexpected-response')) as [unknown, { statusCode: number }];
    expect(response.statusCode).toBe(502);
  });
});

/** A WebSocket server that sends back what it gets. */
function startEcho(scheme: 'http' | 'https'): Promise<number> {
  const sockets = new WebSocketServer({ noServer: true });
  sockets.on('connection', (socket) => socket.on('message', (message) => socket.send(message)));
  const server = scheme === 'https' ? createSecureServer(far) : createServer();
  server.on('upgrade', (request, socket, head) => {
    sockets.handleUpgrade(request, socket, head, (client) => sockets.emit('connection', client, request));
  });
  return listenUntilTestEnds(server);
}

/** WebSocket connections go through to endpoints, URLs and the application, with the handshake's own rules. */
import { createServer as createHttpsServer } from 'node:https';
import { connect } from 'node:net';
import { describe, expect, test } from 'vitest';
import { basicTarget } from '../support/ask.ts';
import { headerLinesOf } from '../support/byte-upstream.ts';
import { createTestAuthority } from '../support/create-test-authority.ts';
import { httpEndpoint } from '../support/http-endpoint.ts';
import { openRawConnection } from '../support/raw-connection.ts';
import { startTestProxy, waitUntil, type TestProxy, type TestProxyOptions } from '../support/start-test-proxy.ts';
import { startRawUpstream, startUpstream } from '../support/start-upstream.ts';
import { endpointManifest, inlineIdentity } from '../support/tls-manifests.ts';
import { openWebSocket, startWebSocketUpstream, type WebSocketUpstream } from '../support/web-socket-upstream.ts';

async function startPair(options: TestProxyOptions = {}): Promise<{ upstream: WebSocketUpstream; proxy: TestProxy }> {
  const upstream = await startWebSocketUpstream();
  const resources = { 'up.yaml': httpEndpoint('up', `${upstream.origin}/base`) };
  return { upstream, proxy: await startTestProxy({ resources, ...options }) };
}

function urlOf(proxy: TestProxy, path = '/v1.0/invoke/up/method/chat'): string {
  return `ws://127.0.0.1:${proxy.port}${path}`;
}

const handshake = [
  'Upgrade: websocket',
  'Connection: Upgrade',
  'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
  'Sec-WebSocket-Version: 13',
];

describe('a WebSocket', () => {
  test('carries text, bytes and large messages both ways', async () => {
    const { upstream, proxy } = await startPair();
    const client = await openWebSocket(urlOf(proxy));
    const large = Buffer.alloc(1024 * 1024, 7);
    client.socket.send('h\u00e9llo');
    client.socket.send(Buffer.of(0, 1, 255));
    client.socket.send(large);
    upstream.sockets[0]?.send('unasked');
    await waitUntil(() => client.messages.length === 4);
    expect(client.messages).toContain('unasked');
    expect(client.messages).toContain('h\u00e9llo');
    expect(client.messages.filter((message) => Buffer.isBuffer(message))).toEqual([Buffer.of(0, 1, 255), large]);
  });

  test('is opened with the path, the query and the headers that the caller sent', async () => {
    const { upstream, proxy } = await startPair();
    const headers = { 'X-Mine': '1', Cookie: 'a=1', Origin: 'https://shop.example', 'dapr-api-token': 'x' };
    await openWebSocket(urlOf(proxy, '/v1.0/invoke/up/method/chat/a%2Fb/?q=1'), { headers });
    const request = upstream.handshakes[0];
    expect(request?.url).toBe('/base/chat/a%2Fb/?q=1');
    expect(request?.headers).toMatchObject({ 'x-mine': '1', cookie: 'a=1', origin: 'https://shop.example' });
    expect(request?.headers.host).toBe(`127.0.0.1:${upstream.port}`);
    expect(request?.rawHeaders).toContain('X-Mine');
    expect(request?.rawHeaders.join('\n')).not.toMatch(/dapr-api-token|forwarded|^via$/im);
  });

  test('negotiates the subprotocol between its two ends', async () => {
    const { proxy } = await startPair();
    const client = await openWebSocket(urlOf(proxy), { protocols: ['v1', 'v2'] });
    expect(client.socket.protocol).toBe('v2');
  });

  test('is closed for both when either end closes, with code and reason', async () => {
    const { upstream, proxy } = await startPair();
    const first = await openWebSocket(urlOf(proxy));
    upstream.sockets[0]?.close(4001, 'enough');
    await waitUntil(() => first.closing !== null);
    expect(first.closing).toEqual({ code: 4001, reason: 'enough' });
    const second = await openWebSocket(urlOf(proxy));
    const closing = new Promise<number>((resolve) => upstream.sockets[1]?.once('close', resolve));
    second.socket.close(4002);
    expect(await closing).toBe(4002);
  });

  test('is cut for both when either end is', async () => {
    const { upstream, proxy } = await startPair();
    const first = await openWebSocket(urlOf(proxy));
    upstream.sockets[0]?.terminate();
    await waitUntil(() => first.closing !== null);
    expect(first.closing?.code).toBe(1006);
    const second = await openWebSocket(urlOf(proxy));
    const closing = new Promise<number>((resolve) => upstream.sockets[1]?.once('close', resolve));
    second.socket.terminate();
    expect(await closing).toBe(1006);
  });

  test('goes to a target in a header, to a URL and to the own application, which gets its token', async () => {
    const app = await startWebSocketUpstream();
    const { upstream, proxy } = await startPair({
      args: [`--app-port=${app.port}`],
      env: { APP_API_TOKEN: 'app-secret' },
    });
    const authorization = basicTarget('up')[1] ?? '';
    await openWebSocket(urlOf(proxy, '/by-header'), { headers: { 'dapr-app-id': 'up' } });
    await openWebSocket(urlOf(proxy, '/by-basic'), { headers: { authorization } });
    await openWebSocket(urlOf(proxy, `/v1.0/invoke/${upstream.origin}/method/by-url`));
    await openWebSocket(urlOf(proxy, '/v1.0/invoke/orders/method/by-app'));
    expect(upstream.handshakes.map(({ url }) => url)).toEqual(['/base/by-header', '/base/by-basic', '/by-url']);
    expect(upstream.handshakes.map(({ headers }) => headers['dapr-app-id'] ?? headers.authorization)).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
    expect(app.handshakes[0]?.headers).toMatchObject({
      'dapr-api-token': 'app-secret',
      'dapr-caller-app-id': 'orders',
    });
    expect(upstream.handshakes.some(({ headers }) => 'dapr-api-token' in headers)).toBe(false);
  });

  test('to an https upstream goes over mTLS', async () => {
    const { authority, rootCa, strictServer } = await createTestAuthority();
    const upstream = await startWebSocketUpstream(createHttpsServer(strictServer));
    const baseUrl = `https://localhost:${upstream.port}`;
    const own = inlineIdentity(await authority.issueClient({ name: 'orders' }));
    const resources = {
      'a.yaml': endpointManifest({ name: 'up', baseUrl, rootCa, ...own }),
      'b.yaml': endpointManifest({ name: 'without-identity', baseUrl, rootCa }),
      'c.yaml': endpointManifest({ name: 'without-root', baseUrl, ...own }),
    };
    const proxy = await startTestProxy({ resources });
    const opened = await openWebSocket(urlOf(proxy));
    opened.socket.send('over TLS');
    await waitUntil(() => opened.messages.length === 1);
    expect(opened.messages).toEqual(['over TLS']);
    for (const name of ['without-identity', 'without-root']) {
      await expect(openWebSocket(urlOf(proxy, `/v1.0/invoke/${name}/method/x`))).rejects.toThrow(
        /^refused: 502 .*ERR_DIRECT_INVOKE/,
      );
    }
    expect(upstream.handshakes).toHaveLength(1);
  });
});

describe('a handshake', () => {
  const request = `GET /v1.0/invoke/up/method/x HTTP/1.1\r\nHost: x\r\n${handshake.join('\r\n')}\r\n\r\n`;

  test('that the upstream accepts shows its fields as they were written, and what follows at once', async () => {
    const fields =
      'Upgrade: websocket\r\nConnection: Upgrade\r\nX-One: 1\r\nconstructor: 1\r\n__proto__: 2\r\nSet-Cookie: a=1\r\nSet-Cookie: b=2\r\nx-TWO: 2';
    const upstream = await startRawUpstream((socket) => {
      socket.once('data', () => socket.write(`HTTP/1.1 101 Switching Protocols\r\n${fields}\r\n\r\nfirst frame`));
    });
    const proxy = await startTestProxy({ resources: { 'up.yaml': httpEndpoint('up', upstream.origin) } });
    const connection = await openRawConnection(proxy.port);
    connection.send(request);
    await connection.receives('first frame');
    expect(connection.received).toBe(`HTTP/1.1 101 Switching Protocols\r\n${fields}\r\n\r\nfirst frame`);
  });

  test('that the caller gives up is given up at the upstream', async () => {
    let isConnected = false;
    let isCancelled = false;
    const upstream = await startRawUpstream((socket) => {
      socket.once('data', () => (isConnected = true)).once('close', () => (isCancelled = true));
    });
    const proxy = await startTestProxy({ resources: { 'up.yaml': httpEndpoint('up', upstream.origin) } });
    const connection = await openRawConnection(proxy.port);
    connection.send(request);
    await waitUntil(() => isConnected);
    expect(isCancelled).toBe(false);
    connection.socket.destroy();
    await waitUntil(() => isCancelled);
  });

  test('that nobody answers is 504 after --upstream-response-timeout', async () => {
    const upstream = await startRawUpstream(() => {});
    const resources = { 'up.yaml': httpEndpoint('up', upstream.origin) };
    const proxy = await startTestProxy({ resources, args: ['--upstream-response-timeout=100ms'] });
    await expect(openWebSocket(urlOf(proxy))).rejects.toThrow(
      /^refused: 504 .*timed out waiting for the response headers/,
    );
  });

  test('that is refused with half a body resets the caller: it must not look whole', async () => {
    let breakOff = (): void => {};
    const upstream = await startRawUpstream((socket) => {
      socket.once('data', () => socket.write('HTTP/1.1 403 No\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhalf!\r\n'));
      breakOff = () => socket.destroy();
    });
    const proxy = await startTestProxy({ resources: { 'up.yaml': httpEndpoint('up', upstream.origin) } });
    const socket = connect({ host: '127.0.0.1', port: proxy.port });
    const outcome = new Promise<string>((resolve) => {
      socket.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? ''));
      socket.once('end', () => resolve('looks whole'));
    });
    socket.on('data', (text) => {
      if (text.includes('half!')) breakOff();
    });
    socket.write(request);
    expect(await outcome).toBe('ECONNRESET');
    socket.destroy();
  });
});

describe('a handshake that is refused', () => {
  test('by the upstream passes with its status, headers and body', async () => {
    const upstream = await startUpstream((_request, response) => {
      response
        .writeHead(403, 'Not You', { 'X-Why': 'because', 'Set-Cookie': ['a=1', 'b=2'], 'Content-Length': 4 })
        .end('nope');
    });
    const proxy = await startTestProxy({ resources: { 'up.yaml': httpEndpoint('up', upstream.origin) } });
    const connection = await openRawConnection(proxy.port);
    connection.send(`GET /v1.0/invoke/up/method/x HTTP/1.1\r\nHost: x\r\n${handshake.join('\r\n')}\r\n\r\n`);
    const answer = await connection.receives('nope');
    expect(answer).toMatch(/^HTTP\/1\.1 403 Not You\r\n/);
    expect(headerLinesOf(answer).map((line) => line.toLowerCase())).toEqual(
      expect.arrayContaining(['x-why: because', 'set-cookie: a=1', 'set-cookie: b=2']),
    );
    await expect(openWebSocket(urlOf(proxy))).rejects.toThrow('refused: 403 nope');
  });

  test('by nobody at all is 502', async () => {
    const proxy = await startTestProxy({ resources: { 'up.yaml': httpEndpoint('up', 'http://127.0.0.1:1') } });
    await expect(openWebSocket(urlOf(proxy))).rejects.toThrow(
      'refused: 502 {"errorCode":"ERR_DIRECT_INVOKE","message":"failed to invoke, id: up, err: could not connect: connection refused (ECONNREFUSED)"}',
    );
  });

  test('by an upstream that hangs up before it answers is 502', async () => {
    const upstream = await startRawUpstream((socket) => void socket.once('data', () => socket.end()));
    const proxy = await startTestProxy({ resources: { 'up.yaml': httpEndpoint('up', upstream.origin) } });
    await expect(openWebSocket(urlOf(proxy))).rejects.toThrow(/^refused: 502 .*ERR_DIRECT_INVOKE/);
  });

  test.for([
    ['/v1.0/invoke/nobody/method/x', 404],
    ['/unknown', 404],
    ['/v1.0/invoke/up/method/..%2fx', 400],
    ['/v1.0/invoke/a.b.c/method/x', 400],
  ] as const)('because of its target: %s is %i', async ([path, status]) => {
    const { upstream, proxy } = await startPair();
    await expect(openWebSocket(urlOf(proxy, path))).rejects.toThrow(new RegExp(`^refused: ${status} `));
    expect(upstream.handshakes).toEqual([]);
  });

  test('for want of the API token is 401, and with it opens', async () => {
    const { upstream, proxy } = await startPair({ env: { DAPR_API_TOKEN: 'secret' } });
    await expect(openWebSocket(urlOf(proxy))).rejects.toThrow('refused: 401 invalid api token');
    await openWebSocket(urlOf(proxy), { headers: { 'dapr-api-token': 'secret' } });
    expect(upstream.handshakes).toHaveLength(1);
  });

  test('because too much is in flight is 503 with Retry-After', async () => {
    const { proxy } = await startPair({ args: ['--max-requests-in-flight=1'] });
    await openWebSocket(urlOf(proxy));
    const connection = await openRawConnection(proxy.port);
    connection.send(`GET /v1.0/invoke/up/method/x HTTP/1.1\r\nHost: x\r\n${handshake.join('\r\n')}\r\n\r\n`);
    const answer = await connection.receives('}');
    expect(answer).toMatch(/^HTTP\/1\.1 503 /);
    expect(answer).toMatch(/\r\nRetry-After: 1\r\n/);
  });
});

/** The ways to say whom a call is for, and who wins when a name could mean several (spec/invocation.md §3, §5). */
import { describe, expect, test } from 'vitest';
import { ask, basicTarget, errorOf } from '../support/ask.ts';
import { headerLinesOf, requestLineOf, startByteUpstream, type ByteUpstream } from '../support/byte-upstream.ts';
import { httpEndpoint } from '../support/http-endpoint.ts';
import { startTestProxy, type TestProxy } from '../support/start-test-proxy.ts';

async function startPair(args: readonly string[] = []): Promise<{ upstream: ByteUpstream; proxy: TestProxy }> {
  const upstream = await startByteUpstream();
  const proxy = await startTestProxy({ args, resources: { 'up.yaml': httpEndpoint('up', `${upstream.origin}/base`) } });
  return { upstream, proxy };
}

/** Which base a call reached, as `<name> <request line>`. */
async function startNamed(
  names: readonly string[],
): Promise<{ origins: Record<string, string>; reached: () => string[] }> {
  const upstreams = await Promise.all(names.map(async (name) => ({ name, upstream: await startByteUpstream() })));
  return {
    origins: Object.fromEntries(upstreams.map(({ name, upstream }) => [name, upstream.origin])),
    reached: () =>
      upstreams.flatMap(({ name, upstream }) => upstream.requests.map((text) => `${name} ${requestLineOf(text)}`)),
  };
}

describe('an HTTPEndpoint is called', () => {
  test('by the path form', async () => {
    const { upstream, proxy } = await startPair();
    const answer = await ask(proxy.port, { path: '/v1.0/invoke/up/method/a/b?c=d' });
    expect(answer).toMatchObject({ status: 200, body: 'ok' });
    expect(requestLineOf(upstream.requests[0])).toBe('GET /base/a/b?c=d HTTP/1.1');
  });

  test('by the dapr-app-id header, which is not forwarded', async () => {
    const { upstream, proxy } = await startPair();
    await ask(proxy.port, { path: '/a/b?c=d', headers: ['Dapr-App-Id', 'up', 'X-Other', '1'] });
    expect(requestLineOf(upstream.requests[0])).toBe('GET /base/a/b?c=d HTTP/1.1');
    expect(upstream.requests[0]).not.toMatch(/dapr-app-id/i);
    expect(headerLinesOf(upstream.requests[0])).toContain('X-Other: 1');
  });

  test('by the Basic form, whose pseudo-credential is not forwarded', async () => {
    const { upstream, proxy } = await startPair();
    await ask(proxy.port, { path: '/a/b', headers: basicTarget('up') });
    expect(requestLineOf(upstream.requests[0])).toBe('GET /base/a/b HTTP/1.1');
    expect(upstream.requests[0]).not.toMatch(/authorization/i);
  });

  test('with an Authorization of the caller, which is forwarded', async () => {
    const { upstream, proxy } = await startPair();
    const basic = `Basic ${Buffer.from('user:password').toString('base64')}`;
    await ask(proxy.port, { path: '/v1.0/invoke/up/method/x', headers: ['AUTHORIZATION', basic] });
    await ask(proxy.port, { path: '/x', headers: ['dapr-app-id', 'up', 'Authorization', 'Bearer abc'] });
    expect(headerLinesOf(upstream.requests[0])).toContain(`AUTHORIZATION: ${basic}`);
    expect(headerLinesOf(upstream.requests[1])).toContain('Authorization: Bearer abc');
  });

  test('with the header beating the Basic form, and the pseudo-credential dropped all the same', async () => {
    const { upstream, proxy } = await startPair();
    await ask(proxy.port, { path: '/x', headers: ['dapr-app-id', 'up', ...basicTarget('other')] });
    expect(requestLineOf(upstream.requests[0])).toBe('GET /base/x HTTP/1.1');
    expect(upstream.requests[0]).not.toMatch(/authorization/i);
  });

  test('with the header or the Basic form beating the path: the whole path is the method', async () => {
    const { upstream, proxy } = await startPair();
    await ask(proxy.port, { path: '/v1.0/invoke/other/method/x', headers: ['dapr-app-id', 'up'] });
    await ask(proxy.port, { path: '/v1.0/invoke/other/method/x', headers: basicTarget('up') });
    expect(upstream.requests.map(requestLineOf)).toEqual(
      Array.from({ length: 2 }, () => 'GET /base/v1.0/invoke/other/method/x HTTP/1.1'),
    );
  });

  test('by a header also where the proxy has an API of its own at that path', async () => {
    const { upstream, proxy } = await startPair();
    await ask(proxy.port, { path: '/v1.0/metadata', headers: ['dapr-app-id', 'up'] });
    await ask(proxy.port, { path: '/v1.0/healthz', headers: basicTarget('up') });
    await ask(proxy.port, { path: '/v1.0/shutdown', method: 'POST', headers: ['dapr-app-id', 'up'] });
    expect(upstream.requests.map(requestLineOf)).toEqual([
      'GET /base/v1.0/metadata HTTP/1.1',
      'GET /base/v1.0/healthz HTTP/1.1',
      'POST /base/v1.0/shutdown HTTP/1.1',
    ]);
  });
});

describe('a URL is called', () => {
  test('written out, escaped or partly escaped in the path, with its base path', async () => {
    const { upstream, proxy } = await startPair();
    const target = `${upstream.origin}/api`;
    const written = [target, encodeURIComponent(target), target.replace('://', '%3A//')];
    for (const text of written) await ask(proxy.port, { path: `/v1.0/invoke/${text}/method/x%2Fy?q` });
    expect(upstream.requests.map(requestLineOf)).toEqual(written.map(() => 'GET /api/x%2Fy?q HTTP/1.1'));
  });

  test('with + and %25 in its base path kept as they are', async () => {
    const { upstream, proxy } = await startPair();
    await ask(proxy.port, { path: `/v1.0/invoke/${upstream.origin}/a+b/50%25/c%3Fd/method/x` });
    expect(requestLineOf(upstream.requests[0])).toBe('GET /a+b/50%25/c%3Fd/x HTTP/1.1');
  });

  test('in the dapr-app-id header, with its user information as Basic credentials', async () => {
    const { upstream, proxy } = await startPair();
    const target = upstream.origin.replace('://', '://user:pw@');
    await ask(proxy.port, { path: '/x', headers: ['dapr-app-id', target] });
    expect(headerLinesOf(upstream.requests[0])).toContain(
      `Authorization: Basic ${Buffer.from('user:pw').toString('base64')}`,
    );
    await ask(proxy.port, { path: '/x', headers: ['dapr-app-id', target, 'Authorization', 'Bearer mine'] });
    expect(headerLinesOf(upstream.requests[1])).toContain('Authorization: Bearer mine');
    expect(headerLinesOf(upstream.requests[1]).filter((line) => /^authorization/i.test(line))).toHaveLength(1);
  });

  test('not when it is broken: 400 that says why and shows no credentials', async () => {
    const { proxy } = await startPair();
    const answer = await ask(proxy.port, { path: '/x', headers: ['dapr-app-id', 'http://user:hunter2@h:port/'] });
    expect(answer.status).toBe(400);
    expect(errorOf(answer).message).toBe(
      'failed to invoke, id: http://h:port/, err: the URL cannot be called: its host or port is not valid',
    );
  });
});

describe('who wins', () => {
  test('an HTTPEndpoint over the own app of the same name', async () => {
    const { origins, reached } = await startNamed(['endpoint', 'app']);
    const resources = { 'orders.yaml': httpEndpoint('orders', origins['endpoint'] ?? '') };
    const port = new URL(origins['app'] ?? '').port;
    const proxy = await startTestProxy({ resources, args: [`--app-port=${port}`] });
    await ask(proxy.port, { path: '/v1.0/invoke/orders/method/x' });
    expect(reached()).toEqual(['endpoint GET /x HTTP/1.1']);
  });

  test('the own app over nobody', async () => {
    const { origins, reached } = await startNamed(['app']);
    const proxy = await startTestProxy({ args: [`--app-port=${new URL(origins['app'] ?? '').port}`] });
    await ask(proxy.port, { path: '/v1.0/invoke/orders/method/x' });
    await ask(proxy.port, { path: '/v1.0/invoke/orders.default/method/y' });
    expect(reached()).toEqual(['app GET /x HTTP/1.1', 'app GET /y HTTP/1.1']);
  });

  test('an HTTPEndpoint with dots in its name, before the name is split', async () => {
    const { origins, reached } = await startNamed(['dotted', 'first']);
    const resources = {
      'a.yaml': httpEndpoint('api.example.com', origins['dotted'] ?? ''),
      'b.yaml': httpEndpoint('api', origins['first'] ?? ''),
    };
    const proxy = await startTestProxy({ resources });
    const answer = await ask(proxy.port, { path: '/v1.0/invoke/api.example.com/method/x' });
    expect(answer.status).toBe(200);
    expect(reached()).toEqual(['dotted GET /x HTTP/1.1']);
  });

  test('foo.default is the HTTPEndpoint foo; foo.otherns is not', async () => {
    const { origins, reached } = await startNamed(['foo']);
    const proxy = await startTestProxy({ resources: { 'foo.yaml': httpEndpoint('foo', origins['foo'] ?? '') } });
    expect((await ask(proxy.port, { path: '/v1.0/invoke/foo.default/method/x' })).status).toBe(200);
    const other = await ask(proxy.port, { path: '/v1.0/invoke/foo.otherns/method/x' });
    expect(other.status).toBe(404);
    expect(errorOf(other).errorCode).toBe('ERR_DIRECT_INVOKE');
    expect(reached()).toEqual(['foo GET /x HTTP/1.1']);
  });
});

describe('nobody', () => {
  test.for([
    '/',
    '/unknown/route',
    '/v1.0/invoke/up',
    '/v1.0/invoke/up/method',
    '/v1.0/state/store',
    '/v2.0/invoke/up/method/x',
  ])('%s names no target: 404 in the words of Dapr', async (path) => {
    const { proxy } = await startPair();
    const answer = await ask(proxy.port, { path });
    expect(answer).toMatchObject({ status: 404, headers: { 'content-type': 'application/json' } });
    expect(answer.body).toBe(
      '{"errorCode":"ERR_DIRECT_INVOKE","message":"failed getting app id either from the URL path or the header dapr-app-id"}',
    );
  });

  test('a known path with another verb is a call without a target', async () => {
    const { proxy } = await startPair();
    expect((await ask(proxy.port, { path: '/v1.0/healthz', method: 'POST' })).status).toBe(404);
    expect((await ask(proxy.port, { path: '/v1.0/metadata', method: 'DELETE' })).status).toBe(404);
  });

  test.for([
    [
      '/v1.0/invoke/stranger/method/x',
      404,
      /^failed to invoke, id: stranger, err: no HTTPEndpoint "stranger" is loaded for app "orders"/,
    ],
    ['/v1.0/invoke/http:/example.com/method/x', 404, /^failed to invoke, id: http:\/example\.com, err: /],
    ['/v1.0/invoke/HTTP://example/method/x', 404, /^failed to invoke, id: HTTP:\/\/example, err: /],
    ['/v1.0/invoke/a.b.c/method/x', 400, /^failed to invoke, id: a\.b\.c, err: invalid app id a\.b\.c$/],
    ['/v1.0/invoke/a%zz/method/x', 400, /percent sign/],
  ] as const)('%s answers %i', async ([path, status, message]) => {
    const { proxy } = await startPair();
    const answer = await ask(proxy.port, { path });
    expect(answer.status).toBe(status);
    expect(errorOf(answer).errorCode).toBe('ERR_DIRECT_INVOKE');
    expect(errorOf(answer).message).toMatch(message);
  });
});

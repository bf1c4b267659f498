/** Errors that the proxy makes: Dapr's body word for word, a precise status, and 500 again with `--dapr-error-statuses`. */
import { describe, expect, test } from 'vitest';
import { ask, errorOf } from '../support/ask.ts';
import { askH2c, openH2c } from '../support/h2c-client.ts';
import { httpEndpoint } from '../support/http-endpoint.ts';
import { startTestProxy, type TestProxy } from '../support/start-test-proxy.ts';
import { startRawUpstream } from '../support/start-upstream.ts';
import { endpointManifest } from '../support/tls-manifests.ts';

const noTarget = 'failed getting app id either from the URL path or the header dapr-app-id';

/** Path, precise status, status with the flag, message. */
const cases = [
  ['/', 404, 404, noTarget],
  [
    '/v1.0/invoke/silent/method/..%2fx',
    400,
    500,
    'failed to invoke, id: silent, err: invalid path: it contains an ambiguous dot segment',
  ],
  [
    '/v1.0/invoke/silent/method/a%00b',
    400,
    500,
    'failed to invoke, id: silent, err: invalid path: it contains an encoded control character',
  ],
  ['/v1.0/invoke/a.b.c/method/x', 400, 500, 'failed to invoke, id: a.b.c, err: invalid app id a.b.c'],
  [
    '/v1.0/invoke/http://h:port/method/x',
    400,
    500,
    // What stands where a port should may be a password, cut off by a `?` or `/` in it.
    'failed to invoke, id: http://[redacted], err: the URL cannot be called: its host or port is not valid',
  ],
  [
    '/v1.0/invoke/nobody/method/x',
    404,
    500,
    'failed to invoke, id: nobody, err: no HTTPEndpoint "nobody" is loaded for app "orders", and no app of that id is known',
  ],
  [
    '/v1.0/invoke/refused/method/x',
    502,
    500,
    'failed to invoke, id: refused, err: could not connect: connection refused (ECONNREFUSED)',
  ],
  [
    '/v1.0/invoke/silent/method/x',
    504,
    500,
    'failed to invoke, id: silent, err: timed out waiting for the response headers (UND_ERR_HEADERS_TIMEOUT)',
  ],
  [
    '/v1.0/invoke/orders/method/x',
    503,
    500,
    'failed to invoke, id: orders, err: cannot invoke local endpoint: app channel not initialized; start with --app-port',
  ],
] as const;

async function startFailing(args: readonly string[]): Promise<TestProxy> {
  const silent = await startRawUpstream(() => {});
  const nowhere = { secret: 'nowhere', key: 'ca.crt' };
  return startTestProxy({
    args: ['--upstream-response-timeout=50ms', ...args],
    resources: {
      'silent.yaml': httpEndpoint('silent', silent.origin),
      'refused.yaml': httpEndpoint('refused', 'http://127.0.0.1:1'),
      'unresolved.yaml': endpointManifest({ name: 'unresolved', baseUrl: 'https://127.0.0.1:1', rootCa: nowhere }),
    },
  });
}

describe.for([
  ['precise statuses', [], 1],
  ['--dapr-error-statuses', ['--dapr-error-statuses'], 2],
] as const)('with %s', ([, args, column]) => {
  test.for(cases)('%s', async (row) => {
    const [path, , , message] = row;
    const answer = await ask((await startFailing(args)).port, { path });
    expect(answer).toMatchObject({ status: row[column], headers: { 'content-type': 'application/json' } });
    expect(answer.body).toBe(
      JSON.stringify({ errorCode: 'ERR_DIRECT_INVOKE', message }).replace(
        /[<>&]/g,
        (mark) => `\\u00${mark.charCodeAt(0).toString(16)}`,
      ),
    );
    expect(answer.headers['content-length']).toBe(String(Buffer.byteLength(answer.body)));
  });

  test('an endpoint whose TLS material does not resolve', async () => {
    const answer = await ask((await startFailing(args)).port, { path: '/v1.0/invoke/unresolved/method/x' });
    expect(answer.status).toBe(column === 1 ? 503 : 500);
    expect(errorOf(answer).errorCode).toBe('ERR_DIRECT_INVOKE');
    expect(errorOf(answer).message).toMatch(
      /^failed to invoke, id: unresolved, err: HTTPEndpoint "unresolved" is refused: \w+: .*nowhere/,
    );
  });

  test('a call that comes back to this proxy', async () => {
    const proxy = await startFailing(args);
    const answer = await ask(proxy.port, { path: `/v1.0/invoke/${proxy.origin}/method/x` });
    expect(answer.status).toBe(column === 1 ? 508 : 500);
    expect(errorOf(answer).message).toBe(`failed to invoke, id: ${proxy.origin}, err: the target is this proxy itself`);
  });
});

test('what a caller wrote comes back escaped as Go escapes it', async () => {
  const proxy = await startFailing([]);
  const answer = await ask(proxy.port, { path: '/x', headers: ['dapr-app-id', '<script>&"\\'] });
  expect(answer.body).toContain('id: \\u003cscript\\u003e\\u0026\\"\\\\, err: ');
});

test('the answer is the same over HTTP/2, and HEAD gets its head alone', async () => {
  const proxy = await startFailing([]);
  const path = '/v1.0/invoke/nobody/method/x';
  const plain = await ask(proxy.port, { path });
  const http2 = await askH2c(openH2c(proxy.port), { ':path': path });
  expect(http2).toMatchObject({ status: 404, body: plain.body, headers: { 'content-type': 'application/json' } });
  const head = await ask(proxy.port, { path, method: 'HEAD' });
  expect(head).toMatchObject({ status: 404, body: '', headers: { 'content-length': plain.headers['content-length'] } });
});

test('an answer of the upstream keeps its status with the flag, whatever it is', async () => {
  const upstream = await startRawUpstream((socket) => {
    socket.on('data', () => void socket.write('HTTP/1.1 404 Not Found\r\nContent-Length: 2\r\n\r\nno'));
  });
  const proxy = await startTestProxy({
    args: ['--dapr-error-statuses'],
    resources: { 'up.yaml': httpEndpoint('up', upstream.origin) },
  });
  expect(await ask(proxy.port, { path: '/v1.0/invoke/up/method/x' })).toMatchObject({ status: 404, body: 'no' });
});

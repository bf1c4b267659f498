/** Calls to the application beside the proxy: its protocols, its address, its health. */
import { createServer as createHttpsServer } from 'node:https';
import { createServer as createHttp2Server, type IncomingHttpHeaders, type ServerHttp2Stream } from 'node:http2';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { ask, errorOf } from '../support/ask.ts';
import { requestLineOf, startByteUpstream } from '../support/byte-upstream.ts';
import { createTestAuthority } from '../support/create-test-authority.ts';
import { askH2c, collectH2c, openH2c } from '../support/h2c-client.ts';
import { startTestProxy, waitUntil } from '../support/start-test-proxy.ts';
import { listenUntilTestEnds, startUpstream } from '../support/start-upstream.ts';

const path = '/v1.0/invoke/orders/method/x';

async function startH2cApp(
  onStream: (stream: ServerHttp2Stream, headers: IncomingHttpHeaders) => void,
): Promise<number> {
  const server = createHttp2Server();
  server.on('stream', (stream: ServerHttp2Stream, headers) => {
    stream.on('error', () => stream.destroy());
    onStream(stream, headers);
  });
  return listenUntilTestEnds(server);
}

describe('an application that speaks http', () => {
  test('is called as it is named: id, id with namespace, header', async () => {
    const app = await startByteUpstream();
    const proxy = await startTestProxy({ args: [`--app-port=${app.port}`], env: { NAMESPACE: 'shop' } });
    await ask(proxy.port, { path: '/v1.0/invoke/orders/method/a/?q' });
    await ask(proxy.port, { path: '/v1.0/invoke/orders.shop/method/b%2Fc' });
    await ask(proxy.port, { path: '/d/', headers: ['dapr-app-id', 'orders'] });
    expect(app.requests.map(requestLineOf)).toEqual(['GET /a/?q HTTP/1.1', 'GET /b%2Fc HTTP/1.1', 'GET /d/ HTTP/1.1']);
    expect((await ask(proxy.port, { path: '/v1.0/invoke/orders.other/method/x' })).status).toBe(404);
  });

  test('is found under --app-channel-address', async () => {
    const app = await startByteUpstream();
    const proxy = await startTestProxy({ args: [`--app-port=${app.port}`, '--app-channel-address=localhost'] });
    expect((await ask(proxy.port, { path })).body).toBe('ok');
    expect(app.requests[0]?.toLowerCase()).toContain(`\r\nhost: localhost:${app.port}\r\n`);
  });

  test('that does not listen is 502', async () => {
    const proxy = await startTestProxy({ args: ['--app-port=1'] });
    const answer = await ask(proxy.port, { path });
    expect(answer.status).toBe(502);
    expect(errorOf(answer).message).toBe(
      'failed to invoke, id: orders, err: could not connect: connection refused (ECONNREFUSED)',
    );
  });

  test('does not go through the proxy of the environment', async () => {
    const app = await startByteUpstream();
    const environment = await startByteUpstream();
    const args = [`--app-port=${app.port}`, '--app-channel-address=localhost'];
    const proxy = await startTestProxy({ args, env: { HTTP_PROXY: environment.origin } });
    expect((await ask(proxy.port, { path })).body).toBe('ok');
    expect(environment.requests).toEqual([]);
  });
});

describe('an application that speaks https', () => {
  test('is verified against --app-ca-file, and never called unverified', async () => {
    const { rootCa, server: certificate } = await createTestAuthority({ name: 'App Root' });
    const server = createHttpsServer(certificate, (_request, response) => response.end('secure'));
    const port = await listenUntilTestEnds(server);
    const folder = await mkdtemp(join(tmpdir(), 'farpoint-app-'));
    onTestFinished(() => rm(folder, { recursive: true, force: true }));
    const caFile = join(folder, 'ca.pem');
    await writeFile(caFile, rootCa.value);
    const args = [`--app-port=${port}`, '--app-protocol=https'];
    const trusting = await startTestProxy({ args: [...args, `--app-ca-file=${caFile}`] });
    expect((await ask(trusting.port, { path })).body).toBe('secure');
    const strict = await startTestProxy({ args });
    const answer = await ask(strict.port, { path });
    expect(answer.status).toBe(502);
    expect(errorOf(answer).message).toMatch(/^failed to invoke, id: orders, err: .*certificate/i);
  });
});

describe('an application that speaks h2c', () => {
  test('gets verb, path, headers, body and trailers as sent, and its trailers come back', async () => {
    let seen: IncomingHttpHeaders = {};
    let trailersSeen: IncomingHttpHeaders = {};
    const port = await startH2cApp((stream, headers) => {
      seen = headers;
      stream.on('trailers', (trailers) => (trailersSeen = trailers));
      let body = '';
      stream.setEncoding('utf8').on('data', (piece: string) => (body += piece));
      stream.on('end', () => {
        stream.respond({ ':status': 201, 'set-cookie': ['a=1', 'b=2'], 'x-one': '1' }, { waitForTrailers: true });
        stream.once('wantTrailers', () => stream.sendTrailers({ 'x-sum': 'abc' }));
        stream.end(`got ${body}`);
      });
    });
    const proxy = await startTestProxy({ args: [`--app-port=${port}`, '--app-protocol=h2c'] });
    const headers = { ':method': 'FROBNICATE', ':path': `${path}%2Fy/?q`, 'x-mine': ['1', '2'], trailer: 'x-check' };
    const stream = openH2c(proxy.port).request(headers, { endStream: false, waitForTrailers: true });
    stream.once('wantTrailers', () => stream.sendTrailers({ 'x-check': '9' }));
    stream.end('hello');
    const answer = await collectH2c(stream);
    expect(answer).toMatchObject({ status: 201, body: 'got hello', trailers: { 'x-sum': 'abc' } });
    expect(answer.headers).toMatchObject({ 'set-cookie': ['a=1', 'b=2'], 'x-one': '1' });
    expect(seen).toMatchObject({
      ':method': 'FROBNICATE',
      ':path': '/x%2Fy/?q',
      'x-mine': '1, 2',
      'dapr-caller-app-id': 'orders',
    });
    expect(trailersSeen).toMatchObject({ 'x-check': '9' });
  });

  test('streams both ways to an HTTP/1.1 caller', async () => {
    const port = await startH2cApp((stream) => {
      stream.respond({ ':status': 200 });
      stream.pipe(stream);
    });
    const proxy = await startTestProxy({ args: [`--app-port=${port}`, '--app-protocol=h2c'] });
    const answer = await ask(proxy.port, { path, method: 'POST', body: 'echo' });
    expect(answer).toMatchObject({ status: 200, body: 'echo' });
  });

  test('that resets inside its answer aborts the caller', async () => {
    const port = await startH2cApp((stream) => {
      stream.respond({ ':status': 200 });
      stream.write('half!', () => stream.destroy(new Error('broken off')));
    });
    const proxy = await startTestProxy({ args: [`--app-port=${port}`, '--app-protocol=h2c'] });
    await expect(ask(proxy.port, { path })).rejects.toThrow(/aborted|hang up|ECONNRESET/);
    expect((await askH2c(openH2c(proxy.port), { ':path': path })).resetCode).not.toBe(0);
  });

  test('gets the cancellation of a caller who leaves', async () => {
    let stream: ServerHttp2Stream | null = null;
    const port = await startH2cApp((opened) => {
      stream = opened;
    });
    const proxy = await startTestProxy({ args: [`--app-port=${port}`, '--app-protocol=h2c'] });
    const caller = openH2c(proxy.port).request({ ':path': path });
    caller.on('error', () => {});
    await waitUntil(() => stream !== null);
    caller.close(8);
    await waitUntil(() => stream?.destroyed === true);
    expect(stream).toMatchObject({ destroyed: true });
  });
});

test.for(['grpc', 'grpcs'])('an application that speaks %s is 501: it cannot be called over HTTP', async (protocol) => {
  const app = await startByteUpstream();
  const proxy = await startTestProxy({ args: [`--app-port=${app.port}`, `--app-protocol=${protocol}`] });
  const answer = await ask(proxy.port, { path });
  expect(answer.status).toBe(501);
  expect(errorOf(answer).message).toContain(`the application speaks ${protocol}`);
});

describe('app health checks', () => {
  const args = [
    '--enable-app-health-check',
    '--app-health-check-path=/up?deep=1',
    '--app-health-probe-interval=1',
    '--app-health-threshold=1',
  ];

  test('hold calls to the application back until a probe succeeds, and no others', async () => {
    let status = 503;
    const probes: string[] = [];
    const app = await startUpstream((request, response) => {
      if (request.url === '/up?deep=1') {
        probes.push(request.rawHeaders.join('\n'));
        response.writeHead(status).end();
      } else response.end('served');
    });
    const proxy = await startTestProxy({
      args: [`--app-port=${app.port}`, ...args],
      env: { APP_API_TOKEN: 'app-secret' },
    });
    await waitUntil(() => probes.length > 0);
    const unhealthy = await ask(proxy.port, { path });
    expect(unhealthy).toMatchObject({ status: 503, headers: { 'retry-after': '1' } });
    expect(errorOf(unhealthy).message).toBe('failed to invoke, id: orders, err: app is not in a healthy state');
    expect((await ask(proxy.port, { path: `/v1.0/invoke/${app.origin}/method/x` })).body).toBe('served');
    status = 204;
    await waitUntil(async () => (await ask(proxy.port, { path })).status === 200);
    status = 500;
    await waitUntil(async () => (await ask(proxy.port, { path })).status === 503);
    expect(probes.join('\n')).not.toMatch(/app-secret/);
  });
});

/** Bodies on their way through middleware: kept where one reads them, changed where one changes them, streamed everywhere else. */
import { request as httpRequest, type IncomingMessage } from 'node:http';
import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { ask, errorOf } from '../support/ask.ts';
import { httpEndpoint } from '../support/http-endpoint.ts';
import { pipelineConfiguration, stepFiles, type Step } from '../support/middleware-manifests.ts';
import { openRawConnection } from '../support/raw-connection.ts';
import { startOpaDouble } from '../support/start-opa-double.ts';
import { startPipedProxy } from '../support/start-piped-proxy.ts';
import { startTestProxy, waitUntil } from '../support/start-test-proxy.ts';
import { startUpstream } from '../support/start-upstream.ts';

const path = '/v1.0/invoke/up/method/orders';
const loud = (direction: string): Step => ({ name: `loud-${direction}`, type: 'uppercase', settings: { direction } });
const reader = (url: string, settings: Readonly<Record<string, string>> = {}): Step => ({
  name: 'reader',
  type: 'opa',
  settings: { url, readBody: 'true', ...settings },
});

function sized(body: string): { method: string; body: string; headers: readonly string[] } {
  return { method: 'POST', body, headers: ['Content-Length', String(Buffer.byteLength(body))] };
}

describe('a body that a middleware reads', () => {
  test.each(['http', 'app'] as const)('goes on to the upstream as it came, in the %s pipeline', async (pipeline) => {
    const opa = await startOpaDouble(({ request }) => request.body === 'order seven');
    const { proxy, received } = await startPipedProxy({ [pipeline]: [reader(opa.origin)] });
    expect(await ask(proxy.port, { path, ...sized('order seven') })).toMatchObject({
      status: 200,
      body: 'order seven',
    });
    expect(received[0]).toMatchObject({ body: 'order seven', headers: { 'content-length': '11' } });
    expect((await ask(proxy.port, { path, ...sized('order eight') })).status).toBe(403);
    const chunked = await ask(proxy.port, {
      path,
      method: 'POST',
      body: 'order seven',
      headers: ['Transfer-Encoding', 'chunked'],
    });
    expect(chunked).toMatchObject({ status: 200, body: 'order seven' });
    expect(received[1]).toMatchObject({ body: 'order seven', headers: { 'transfer-encoding': 'chunked' } });
    expect(opa.inputs).toHaveLength(3);
  });

  test('is what the middleware before have made of it, and the one after sees it whole', async () => {
    const opa = await startOpaDouble(() => true);
    const { proxy, received } = await startPipedProxy({
      http: [loud('request'), reader(opa.origin)],
      app: [loud('both')],
    });
    expect((await ask(proxy.port, { path, ...sized('caf\u00e9') })).body).toBe('CAF\u00c9');
    expect(opa.inputs[0]?.request.body).toBe('CAF\u00c9');
    expect(received[0]?.body).toBe('CAF\u00c9');
  });

  test('beyond the limit of the middleware is refused with 413, by its length before it is read', async () => {
    const opa = await startOpaDouble(() => true);
    const { proxy, received } = await startPipedProxy({ http: [reader(opa.origin, { maxBodySize: '10' })] });
    const declared = await openRawConnection(proxy.port);
    declared.send(`POST ${path} HTTP/1.1\r\nHost: a\r\nContent-Length: 11\r\nExpect: 100-continue\r\n\r\n`);
    await waitUntil(() => declared.received.includes('\r\n\r\n'));
    expect(declared.received).toMatch(/^HTTP\/1.1 413 /);
    const chunked = await ask(proxy.port, {
      path,
      method: 'POST',
      body: 'a'.repeat(11),
      headers: ['Transfer-Encoding', 'chunked'],
    });
    expect(chunked.status).toBe(413);
    expect(errorOf(chunked).message).toContain('10 bytes');
    expect(received).toEqual([]);
    expect(opa.inputs).toEqual([]);
  });

  test('is asked for once where the caller waits for 100 Continue', async () => {
    const opa = await startOpaDouble(() => true);
    const { proxy, received } = await startPipedProxy({ http: [reader(opa.origin)] });
    const caller = await openRawConnection(proxy.port);
    caller.send(
      `POST ${path} HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nExpect: 100-continue\r\nConnection: close\r\n\r\n`,
    );
    await waitUntil(() => caller.received.includes('100 Continue'));
    caller.send('seven');
    await waitUntil(() => caller.received.endsWith('seven'));
    expect(caller.received.match(/100 Continue/g)).toHaveLength(1);
    expect(received[0]?.body).toBe('seven');
  });

  test('ends the request when the caller leaves inside it', async () => {
    const opa = await startOpaDouble(() => true);
    const { proxy, received } = await startPipedProxy({
      http: [reader(opa.origin)],
      args: ['--enable-api-logging=true'],
    });
    const caller = await openRawConnection(proxy.port);
    caller.send(`POST ${path} HTTP/1.1\r\nHost: a\r\nContent-Length: 50\r\n\r\nhalf`);
    caller.socket.end();
    const isLogged = (): boolean => proxy.lines.some(({ message }) => message === 'HTTP API Called');
    await waitUntil(isLogged);
    expect(received).toEqual([]);
    expect((await ask(proxy.port, { path, ...sized('next') })).status).toBe(200);
  });

  test('counts with all others that are kept: beyond 16 MiB together requests are refused, and let on again', async () => {
    const verdict = Promise.withResolvers<boolean>();
    const opa = await startOpaDouble(() => verdict.promise);
    const settings = { maxBodySize: '4Mi', timeout: '60s' };
    const { proxy } = await startPipedProxy({ http: [reader(opa.origin, settings)], args: ['--max-body-size=8Mi'] });
    const body = 'x'.repeat(4 * 1024 * 1024);
    const kept = [1, 2, 3, 4].map(() => ask(proxy.port, { path, ...sized(body) }));
    await waitUntil(() => opa.inputs.length === 4);
    const refused = await ask(proxy.port, { path, ...sized('one more') });
    expect(refused).toMatchObject({ status: 503, headers: { 'retry-after': '1' } });
    expect(errorOf(refused).message).toContain('16777216 bytes');
    verdict.resolve(true);
    expect((await Promise.all(kept)).map(({ status }) => status)).toEqual([200, 200, 200, 200]);
    await waitUntil(async () => (await ask(proxy.port, { path, ...sized('one more') })).status === 200);
  });
});

describe('a body that a middleware changes', () => {
  test('keeps characters whole that are cut in two on the way, and its trailers', async () => {
    const text = 'stra\u00dfe \u{1f600} caf\u00e9';
    const bytes = Buffer.from(text);
    const upstream = await startUpstream((request, response) => {
      response.writeHead(200, { Trailer: 'X-Sum' });
      for (const byte of bytes) response.write(Buffer.of(byte));
      response.addTrailers({ 'X-Sum': '42' });
      response.end();
      request.resume();
    });
    const step = loud('response');
    const proxy = await startTestProxy({
      resources: {
        'up.yaml': httpEndpoint('up', upstream.origin),
        ...stepFiles([step]),
      },
      configuration: pipelineConfiguration({ app: [step] }),
    });
    const answer = await new Promise<IncomingMessage>((resolve) => {
      httpRequest(
        { host: '127.0.0.1', port: proxy.port, path: '/v1.0/invoke/up/method/', agent: false },
        resolve,
      ).end();
    });
    let received = '';
    for await (const piece of answer.setEncoding('utf8')) received += String(piece);
    expect(received).toBe(text.toUpperCase());
    expect(answer.trailers).toEqual({ 'x-sum': '42' });
  });

  test('is left alone where it is encoded, a part, or none', async () => {
    const zipped = gzipSync('quiet');
    const upstream = await startUpstream((request, response) => {
      const received: Buffer[] = [];
      request.on('data', (piece: Buffer) => received.push(piece));
      request.once('end', () => {
        const isSame = Buffer.concat(received).equals(zipped) || received.length === 0;
        const encoded = { 'Content-Encoding': 'gzip', 'Content-Length': zipped.length, 'X-Same': String(isSame) };
        if (request.url === '/zipped') return void response.writeHead(200, encoded).end(zipped);
        if (request.url === '/part')
          return void response.writeHead(206, { 'Content-Range': 'bytes 0-3/9' }).end('part');
        response.writeHead(304, { ETag: '"quiet"', 'Content-Length': 9 }).end();
      });
    });
    const step = loud('both');
    const proxy = await startTestProxy({
      resources: {
        'up.yaml': httpEndpoint('up', upstream.origin),
        ...stepFiles([step]),
      },
      configuration: pipelineConfiguration({ http: [step] }),
    });
    const to = (rest: string): string => `/v1.0/invoke/up/method/${rest}`;
    const headers = ['Content-Encoding', 'gzip', 'Content-Length', String(zipped.length)];
    const encoded = await ask(proxy.port, { path: to('zipped'), method: 'POST', body: zipped, headers });
    expect(encoded.headers).toMatchObject({ 'x-same': 'true', 'content-length': String(zipped.length) });
    expect((await ask(proxy.port, { path: to('part') })).body).toBe('part');
    const none = await ask(proxy.port, { path: to('none') });
    expect(none).toMatchObject({ status: 304, headers: { etag: '"quiet"' } });
    // It would be the length of what GET brings, which is another one now.
    expect(none.headers).not.toHaveProperty('content-length');
  });

  test('that is not sent has no length: a HEAD does not know what becomes of the body', async () => {
    const { proxy } = await startPipedProxy({ app: [loud('response')] });
    const answer = await ask(proxy.port, { path, method: 'HEAD' });
    expect(answer.status).toBe(200);
    expect(answer.headers).not.toHaveProperty('content-length');
  });

  test('that a middleware answers with has its length, and so an end for a caller who sends nothing more', async () => {
    const { proxy } = await startPipedProxy({
      http: [loud('both'), loud('response'), { name: 'never', type: 'routerchecker', settings: { rule: '^/never$' } }],
    });
    const caller = await openRawConnection(proxy.port);
    caller.send(`POST ${path} HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n`);
    const answer = await caller.receives('INVALID ROUTER');
    expect(answer).toMatch(/^HTTP\/1\.1 400 /);
    expect(answer).toContain('\r\nContent-Length: 14\r\n');
    expect(answer).not.toContain('Transfer-Encoding');
    const head = await ask(proxy.port, { path, method: 'HEAD' });
    expect(head).toMatchObject({ status: 400, headers: { 'content-length': '14' }, body: '' });
  });

  test('is what comes from inside: appHttpPipeline leaves the answers of the proxy itself alone', async () => {
    const { proxy } = await startPipedProxy({ app: [loud('response')] });
    expect((await ask(proxy.port, { path })).body).toBe('HELLO');
    const failed = await ask(proxy.port, { path: '/v1.0/invoke/http://127.0.0.1:1/method/x' });
    expect(failed.status).toBe(502);
    expect(errorOf(failed).errorCode).toBe('ERR_DIRECT_INVOKE');
  });
});

test('events reach the caller one by one, and an upload is answered while it is sent', async () => {
  const passing = Promise.withResolvers<void>();
  const upstream = await startUpstream((request, response) => {
    if (request.method === 'POST') {
      request.on('data', (piece: Buffer) => response.write(piece));
      request.once('end', () => response.end());
      return;
    }
    response.writeHead(200, { 'Content-Type': 'text/event-stream' });
    response.write('data: one\n\n');
    void passing.promise.then(() => response.end('data: two\n\n'));
  });
  const steps: readonly Step[] = [loud('both'), { name: 'limit', type: 'ratelimit' }];
  const proxy = await startTestProxy({
    resources: {
      'up.yaml': httpEndpoint('up', upstream.origin),
      ...stepFiles(steps),
    },
    configuration: pipelineConfiguration({ http: steps, app: steps }),
  });
  const events = await openRawConnection(proxy.port);
  events.send(`GET ${path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n`);
  await waitUntil(() => events.received.includes('DATA: ONE'));
  expect(events.received).not.toContain('TWO');
  passing.resolve();
  await waitUntil(() => events.received.includes('DATA: TWO'));
  const echo = await openRawConnection(proxy.port);
  echo.send(`POST ${path} HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n3\r\none\r\n`);
  await waitUntil(() => echo.received.includes('ONE'));
  echo.send('3\r\ntwo\r\n0\r\n\r\n');
  await waitUntil(() => echo.received.includes('TWO'));
});

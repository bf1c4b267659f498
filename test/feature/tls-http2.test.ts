/** An upstream that agrees on HTTP/2 by ALPN: what is asked and answered arrives as it was sent. */
import { createHash, randomBytes } from 'node:crypto';
import { request as httpRequest } from 'node:http';
import { describe, expect, test } from 'vitest';
import { ask } from '../support/ask.ts';
import { createTestAuthority } from '../support/create-test-authority.ts';
import { farPath, startProxyTo } from '../support/start-proxy-to.ts';
import { startHttp2Upstream, startTlsUpstream, type StreamListener } from '../support/start-tls-upstream.ts';

const { rootCa, server } = await createTestAuthority();

async function portOfProxyTo(baseUrl: string): Promise<number> {
  return (await startProxyTo({ baseUrl, rootCa }, { args: ['--max-body-size=0'] })).port;
}

async function startBoth(onStream: StreamListener): Promise<{ port: number; requests: readonly string[] }> {
  const upstream = await startHttp2Upstream(server, onStream);
  return { port: await portOfProxyTo(upstream.origin), requests: upstream.requests };
}

describe('the version', () => {
  test('is HTTP/2 with a server that speaks nothing else, over one connection', async () => {
    const upstream = await startHttp2Upstream(server, (stream) => {
      stream.respond({ ':status': 200 });
      stream.end('two');
    });
    const port = await portOfProxyTo(upstream.origin);
    for (let call = 0; call < 3; call += 1)
      expect(await ask(port, { path: farPath })).toMatchObject({ status: 200, body: 'two' });
    expect(upstream.connections).toMatchObject([{ alpn: 'h2' }]);
  });

  test('is what a server chooses that speaks both', async () => {
    const upstream = await startHttp2Upstream({ ...server, allowHTTP1: true }, (stream) => {
      stream.respond({ ':status': 200 });
      stream.end('two');
    });
    const port = await portOfProxyTo(upstream.origin);
    expect(await ask(port, { path: farPath })).toMatchObject({ status: 200, body: 'two' });
    expect(upstream.connections).toHaveLength(1);
  });

  test('is HTTP/1.1 with a server that knows no other, over kept connections', async () => {
    const upstream = await startTlsUpstream(server, (request, response) => response.end(request.httpVersion));
    const port = await portOfProxyTo(upstream.origin);
    for (let call = 0; call < 3; call += 1)
      expect(await ask(port, { path: farPath })).toMatchObject({ status: 200, body: '1.1' });
    expect(upstream.attempts()).toBe(1);
  });

  test('is found out once for callers who come together', async () => {
    const upstream = await startTlsUpstream(server, (request, response) => response.end(request.httpVersion));
    const port = await portOfProxyTo(upstream.origin);
    const answers = await Promise.all(Array.from({ length: 20 }, () => ask(port, { path: farPath })));
    expect(answers.every(({ status, body }) => status === 200 && body === '1.1')).toBe(true);
    expect(upstream.attempts()).toBeLessThanOrEqual(20);
  });
});

describe('over HTTP/2', () => {
  test('method, path: farPath, query, fields and their duplicates arrive as sent', async () => {
    const { port } = await startBoth((stream, _headers, raw) => {
      stream.respond({ ':status': 200 });
      stream.end(JSON.stringify(raw));
    });
    const answer = await ask(port, {
      method: 'PROPFIND',
      path: '/v1.0/invoke/far/method/a%2Fb//c/?x=1&x=2',
      headers: ['X-One', '1', 'x-one', '2', 'Accept', 'a', 'Accept', 'b', 'Cookie', 'a=1', 'Cookie', 'b=2'],
    });
    const fields = JSON.parse(answer.body) as string[];
    expect(pairsOf(fields)).toEqual(
      expect.arrayContaining([
        [':method', 'PROPFIND'],
        [':path', '/a%2Fb//c/?x=1&x=2'],
        [':scheme', 'https'],
        ['x-one', '1'],
        ['x-one', '2'],
        ['accept', 'a'],
        ['accept', 'b'],
        ['cookie', 'a=1'],
        ['cookie', 'b=2'],
      ]),
    );
    expect(fields.filter((field) => field === 'host' || field === 'connection')).toEqual([]);
  });

  test('repeated response fields, set-cookie among them, and the length stay as they came', async () => {
    const { port } = await startBoth((stream) => {
      const fields = ['set-cookie', 'a=1', 'x-two', '1', 'set-cookie', 'b=2', 'x-two', '2', 'content-length', '2'];
      stream.respond([':status', '201', ...fields]);
      stream.end('ok');
    });
    const answer = await ask(port, { path: farPath });
    expect(answer).toMatchObject({ status: 201, body: 'ok' });
    expect(pairsOf(answer.rawHeaders).filter(([name]) => name !== 'date' && name !== 'Connection')).toEqual([
      ['set-cookie', 'a=1'],
      ['x-two', '1'],
      ['set-cookie', 'b=2'],
      ['x-two', '2'],
      ['content-length', '2'],
    ]);
  });

  test.each([
    ['POST', 'sized'],
    ['POST', 'chunked'],
    ['DELETE', 'sized'],
    ['GET', 'chunked'],
  ])('%s carries a %s body', async (method, framing) => {
    const { port } = await startBoth((stream, headers) => {
      let body = '';
      stream.setEncoding('utf8').on('data', (chunk: string) => (body += chunk));
      stream.on('end', () => {
        stream.respond({ ':status': 200 });
        stream.end(`${body} ${headers['content-length'] ?? 'no length'}`);
      });
    });
    const headers = framing === 'sized' ? ['Content-Length', '5'] : ['Transfer-Encoding', 'chunked'];
    const answer = await ask(port, { method, path: farPath, headers, body: 'hello' });
    expect(answer).toMatchObject({ status: 200, body: framing === 'sized' ? 'hello 5' : 'hello no length' });
  });

  test('eight megabytes go up and come back unharmed', async () => {
    const bytes = randomBytes(8 * 1024 * 1024);
    const { port } = await startBoth((stream) => {
      stream.respond({ ':status': 200 });
      stream.pipe(stream);
    });
    const digest = await new Promise<string>((resolve, reject) => {
      const hash = createHash('sha256');
      const request = httpRequest(
        { port, host: '127.0.0.1', path: farPath, method: 'POST', agent: false },
        (response) => {
          response.on('data', (chunk: Buffer) => hash.update(chunk));
          response.on('end', () => resolve(hash.digest('hex')));
          response.on('error', reject);
        },
      );
      request.on('error', reject);
      request.end(bytes);
    });
    expect(digest).toBe(createHash('sha256').update(bytes).digest('hex'));
  });

  test('trailers pass both ways', async () => {
    const { port } = await startBoth((stream) => {
      let sum = '';
      stream.on('trailers', (received) => (sum = String(received['x-sum'])));
      stream.resume().on('end', () => {
        stream.respond({ ':status': 200, trailer: 'x-back' }, { waitForTrailers: true });
        stream.on('wantTrailers', () => stream.sendTrailers({ 'x-back': sum }));
        stream.end('body');
      });
    });
    const trailers = await new Promise<object>((resolve, reject) => {
      const request = httpRequest({
        port,
        host: '127.0.0.1',
        path: farPath,
        method: 'POST',
        headers: { Trailer: 'X-Sum' },
        agent: false,
      });
      request.on('error', reject).on('response', (response) => {
        response.resume().on('end', () => resolve(response.trailers));
      });
      request.write('body');
      request.addTrailers({ 'X-Sum': '42' });
      request.end();
    });
    expect(trailers).toEqual({ 'x-back': '42' });
  });

  test('103 passes, and 100 is not passed on to a caller who did not ask', async () => {
    const { port } = await startBoth((stream) => {
      stream.additionalHeaders({ ':status': 100 });
      stream.additionalHeaders({ ':status': 103, link: '</a>; rel=preload' });
      stream.respond({ ':status': 200 });
      stream.end('ok');
    });
    const informational: number[] = [];
    const status = await new Promise<number | undefined>((resolve, reject) => {
      const request = httpRequest({ port, host: '127.0.0.1', path: farPath, agent: false });
      request.on('continue', () => informational.push(100));
      request.on('information', ({ statusCode }) => informational.push(statusCode));
      request.on('error', reject).on('response', (response) => {
        response.resume().on('end', () => resolve(response.statusCode));
      });
      request.end();
    });
    expect({ status, informational }).toEqual({ status: 200, informational: [103] });
  });

  test.each([
    ['HEAD', 200, '5'],
    ['GET', 204, undefined],
    ['GET', 304, undefined],
  ])('%s with status %i has no body', async (method, status, length) => {
    const { port } = await startBoth((stream) => {
      const fields = length === undefined ? [] : ['content-length', length];
      stream.respond([':status', String(status), ...fields], { endStream: true });
    });
    const answer = await ask(port, { method, path: farPath });
    expect(answer).toMatchObject({ status, body: '' });
    expect(answer.headers['content-length']).toBe(length);
  });
});

function pairsOf(flat: readonly string[]): [string, string][] {
  return flat.flatMap((name, index) => (index % 2 === 0 ? [[name, flat[index + 1] ?? ''] as [string, string]] : []));
}

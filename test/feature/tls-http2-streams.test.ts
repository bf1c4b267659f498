/** Many calls at once to an HTTP/2 upstream: side by side on few connections, each at its own pace. */
import { request as httpRequest, type ClientRequest, type IncomingMessage } from 'node:http';
import type { ServerHttp2Stream } from 'node:http2';
import { describe, expect, test } from 'vitest';
import { ask } from '../support/ask.ts';
import { createTestAuthority } from '../support/create-test-authority.ts';
import { farPath, startProxyTo } from '../support/start-proxy-to.ts';
import { waitUntil } from '../support/start-test-proxy.ts';
import { startHttp2Upstream, type StreamListener, type TlsUpstream } from '../support/start-tls-upstream.ts';

const { rootCa, server } = await createTestAuthority();

async function startBoth(
  onStream: StreamListener,
  options: object = {},
): Promise<{ port: number; upstream: TlsUpstream }> {
  const upstream = await startHttp2Upstream({ ...server, ...options }, onStream);
  const { port } = await startProxyTo({ baseUrl: upstream.origin, rootCa }, { args: ['--max-body-size=0'] });
  return { port, upstream };
}

/** Holds every stream until as many are open at once, then answers them all. */
function meeting(size: number): StreamListener {
  const present: ServerHttp2Stream[] = [];
  return (stream) => {
    stream.resume();
    present.push(stream);
    if (present.length < size) return;
    for (const waiting of present) {
      waiting.respond({ ':status': 200 });
      waiting.end('met');
    }
  };
}

/** Opens a call and hands out request and response while both are under way. */
function open(port: number, method = 'GET'): Promise<{ request: ClientRequest; response: IncomingMessage }> {
  return new Promise((resolve, reject) => {
    const request = httpRequest({ port, host: '127.0.0.1', path: farPath, method, agent: false });
    request.on('error', reject).on('response', (response) => {
      response.on('error', () => response.destroy());
      resolve({ request, response });
    });
    if (method === 'GET') request.end();
    else request.flushHeaders();
  });
}

describe('calls to an HTTP/2 upstream', () => {
  test.each([
    ['GET', 60],
    ['POST', 60],
  ])('%s: %i run at once on one connection', async (method, size) => {
    const { port, upstream } = await startBoth(meeting(size));
    const body = method === 'POST' ? { body: 'hello' } : {};
    const answers = await Promise.all(
      Array.from({ length: size }, () => ask(port, { method, path: farPath, ...body })),
    );
    expect(answers.every((answer) => answer.status === 200 && answer.body === 'met')).toBe(true);
    expect(upstream.connections).toHaveLength(1);
  });

  test('beyond what one connection takes, another is opened', async () => {
    const { port, upstream } = await startBoth(meeting(7), { settings: { maxConcurrentStreams: 3 } });
    const answers = await Promise.all(Array.from({ length: 7 }, () => ask(port, { path: farPath })));
    expect(answers.every(({ status }) => status === 200)).toBe(true);
    expect(upstream.connections.length).toBeGreaterThanOrEqual(3);
    expect(upstream.connections.length).toBeLessThanOrEqual(7);
  });

  test('a caller who reads slowly holds back its own stream and no other', async () => {
    const chunk = Buffer.alloc(64 * 1024);
    let written = 0;
    const { port } = await startBoth((stream, headers) => {
      stream.respond({ ':status': 200 });
      if (headers['x-kind'] !== 'endless') {
        stream.end('quick');
        return;
      }
      const write = (): void => {
        if (stream.destroyed) return;
        do written += chunk.length;
        while (stream.write(chunk));
      };
      stream.on('drain', write);
      write();
    });
    const slow = await new Promise<IncomingMessage>((resolve, reject) => {
      const request = httpRequest({
        port,
        host: '127.0.0.1',
        path: farPath,
        headers: { 'X-Kind': 'endless' },
        agent: false,
      });
      request.on('error', reject).on('response', resolve).end();
    });
    slow.on('error', () => slow.destroy());
    slow.pause();
    // Until everything between here and the upstream is full: nothing more is written while other calls come and go.
    let before = -1;
    await waitUntil(async () => {
      before = written;
      for (let call = 0; call < 10; call += 1)
        expect(await ask(port, { path: farPath })).toMatchObject({ status: 200, body: 'quick' });
      return written === before;
    });
    expect(written).toBeLessThan(32 * 1024 * 1024);
    slow.resume();
    await waitUntil(() => written > before + 8 * 1024 * 1024);
    slow.destroy();
  });

  test('an upstream that reads slowly holds back the caller', async () => {
    let received = 0;
    const held = Promise.withResolvers<ServerHttp2Stream>();
    const { port } = await startBoth((stream) => {
      stream.pause();
      held.resolve(stream);
    });
    const request = httpRequest({ port, host: '127.0.0.1', path: farPath, method: 'POST', agent: false });
    request.on('error', () => request.destroy());
    const chunk = Buffer.alloc(64 * 1024);
    let sent = 0;
    const write = (): void => {
      if (request.destroyed) return;
      do sent += chunk.length;
      while (request.write(chunk));
    };
    request.on('drain', write);
    write();
    const stream = await held.promise;
    let before = -1;
    await waitUntil(async () => {
      before = sent;
      expect((await ask(port, { path: '/v1.0/healthz/outbound' })).status).toBe(204);
      return sent > 0 && sent === before;
    });
    expect(sent).toBeLessThan(32 * 1024 * 1024);
    stream.on('data', (piece: Buffer) => (received += piece.length)).resume();
    await waitUntil(() => received > before);
    request.destroy();
  });

  test('a caller who leaves cancels its stream and no other', async () => {
    const streams: ServerHttp2Stream[] = [];
    const { port, upstream } = await startBoth((stream) => {
      streams.push(stream);
      stream.respond({ ':status': 200 });
      stream.write('begun');
    });
    const leaving = await open(port);
    const staying = await open(port);
    leaving.request.destroy();
    await waitUntil(() => streams[0]?.destroyed === true);
    expect(streams[0]?.rstCode).toBe(8);
    streams[1]?.end(', ended');
    let body = '';
    for await (const piece of staying.response) body += String(piece);
    expect(body).toBe('begun, ended');
    expect(upstream.connections).toHaveLength(1);
  });

  test('a caller who leaves before the answer cancels its stream', async () => {
    const streams: ServerHttp2Stream[] = [];
    const { port } = await startBoth((stream) => void streams.push(stream));
    const request = httpRequest({ port, host: '127.0.0.1', path: farPath, agent: false });
    request.on('error', () => request.destroy());
    request.end();
    await waitUntil(() => streams.length === 1);
    request.destroy();
    await waitUntil(() => streams[0]?.destroyed === true);
    expect(streams[0]?.rstCode).toBe(8);
  });

  test('a caller who leaves inside the upload cancels its stream', async () => {
    const streams: ServerHttp2Stream[] = [];
    let wasAborted = false;
    const { port } = await startBoth((stream) => {
      streams.push(stream);
      stream.on('aborted', () => (wasAborted = true));
      stream.resume();
    });
    const request = httpRequest({ port, host: '127.0.0.1', path: farPath, method: 'POST', agent: false });
    request.on('error', () => request.destroy());
    request.write('half');
    await waitUntil(() => streams.length === 1);
    request.destroy();
    await waitUntil(() => streams[0]?.destroyed === true);
    expect(wasAborted).toBe(true);
  });

  test('both directions run at once: an answer may begin before the request ends', async () => {
    const { port } = await startBoth((stream) => {
      stream.respond({ ':status': 200 });
      stream.pipe(stream);
    });
    const { request, response } = await open(port, 'POST');
    response.setEncoding('utf8');
    let body = '';
    response.on('data', (piece: string) => (body += piece));
    for (const word of ['one ', 'two ', 'three']) {
      request.write(word);
      await waitUntil(() => body.endsWith(word));
    }
    request.end();
    await waitUntil(() => response.complete);
    expect(body).toBe('one two three');
  });
});

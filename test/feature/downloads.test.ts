/** Answers stream to the caller as they come, no faster than it reads; events, trailers and 1xx included. */
import type { ServerResponse } from 'node:http';
import { describe, expect, test } from 'vitest';
import { collectH2c, openH2c } from '../support/h2c-client.ts';
import { httpEndpoint } from '../support/http-endpoint.ts';
import { openRawConnection } from '../support/raw-connection.ts';
import { isWholeResponse, rawExchange } from '../support/raw-exchange.ts';
import { startTestProxy, waitUntil, type TestProxy } from '../support/start-test-proxy.ts';
import { startRawUpstream, startUpstream, type TestUpstream } from '../support/start-upstream.ts';
import { untilStill } from '../support/until-still.ts';

const path = '/v1.0/invoke/up/method/x';
const get = `GET ${path} HTTP/1.1\r\nHost: x\r\n`;

async function proxyFor(upstream: TestUpstream): Promise<TestProxy> {
  return startTestProxy({ resources: { 'up.yaml': httpEndpoint('up', upstream.origin) } });
}

/** A proxy before an upstream whose answer the test writes itself. */
async function startHeld(): Promise<{ proxy: TestProxy; response: () => Promise<ServerResponse> }> {
  let held: ServerResponse | null = null;
  const upstream = await startUpstream((_request, response) => {
    held = response;
  });
  return {
    proxy: await proxyFor(upstream),
    response: async () => {
      await waitUntil(() => held !== null);
      if (held === null) throw new Error('no request came');
      return held;
    },
  };
}

const total = 128 * 1024 * 1024;

/** Answers with that many bytes, and resolves with how many have left when no more do. */
async function writtenUntilStill(upstream: ServerResponse): Promise<number> {
  const piece = Buffer.alloc(1024 * 1024, 'x');
  upstream.writeHead(200, { 'Content-Length': total });
  let written = 0;
  const write = (): void => {
    while (written < total) {
      written += piece.length;
      if (!upstream.write(piece)) return void upstream.once('drain', write);
    }
    upstream.end();
  };
  write();
  await untilStill(() => written);
  return written;
}

describe('an event stream', () => {
  test.for(['text/event-stream', 'text/event-stream, */*', 'application/json, text/event-stream;q=0.9', '*/*'])(
    'asked for with "Accept: %s" keeps its status and shows its head and each event at once',
    async (accept) => {
      const { proxy, response } = await startHeld();
      const connection = await openRawConnection(proxy.port);
      connection.send(`${get}Accept: ${accept}\r\n\r\n`);
      const upstream = await response();
      upstream.writeHead(201, { 'Content-Type': 'text/event-stream', 'Cache-Control': 'no-store', 'X-Stream': '7' });
      upstream.flushHeaders();
      const head = await connection.receives('\r\n\r\n');
      expect(head).toMatch(/^HTTP\/1\.1 201 Created\r\n/);
      expect(head).toMatch(/\r\nContent-Type: text\/event-stream\r\n/);
      expect(head).toMatch(/\r\nCache-Control: no-store\r\n/);
      for (const event of ['data: 1\n\n', 'data: two\n\n', ': comment\n\n']) {
        upstream.write(event);
        await connection.receives(event);
        expect(connection.received).toContain(event);
      }
      upstream.end();
      expect(await connection.receives('\r\n0\r\n\r\n')).toMatch(/\r\n0\r\n\r\n$/);
    },
  );

  test('that fails keeps its status and its body', async () => {
    const { proxy, response } = await startHeld();
    const connection = await openRawConnection(proxy.port);
    connection.send(`${get}Accept: text/event-stream\r\n\r\n`);
    (await response()).writeHead(429, { 'Retry-After': '9', 'Content-Length': 4 }).end('slow');
    const answer = await connection.receives('slow');
    expect(answer).toMatch(/^HTTP\/1\.1 429 Too Many Requests\r\n/);
    expect(answer).toMatch(/\r\nRetry-After: 9\r\n/);
  });

  test('reaches an HTTP/2 caller event by event', async () => {
    const { proxy, response } = await startHeld();
    const stream = openH2c(proxy.port).request({ ':path': path, accept: 'text/event-stream' });
    let status = 0;
    let received = '';
    stream.once('response', (headers) => (status = Number(headers[':status'])));
    stream.setEncoding('utf8').on('data', (piece: string) => (received += piece));
    const upstream = await response();
    upstream.writeHead(200, { 'Content-Type': 'text/event-stream' }).flushHeaders();
    await waitUntil(() => status === 200);
    expect(received).toBe('');
    for (const event of ['data: 1\n\n', 'data: 2\n\n']) {
      upstream.write(event);
      await waitUntil(() => received.endsWith(event));
    }
    upstream.end();
    await waitUntil(() => stream.closed);
  });
});

describe('a large answer', () => {
  test('waits for a slow reader: the proxy collects nothing', async () => {
    const { proxy, response } = await startHeld();
    const connection = await openRawConnection(proxy.port);
    let received = 0;
    connection.socket.removeAllListeners('data').on('data', (text: string) => (received += text.length));
    connection.socket.pause();
    connection.send(`${get}\r\n`);
    expect(await writtenUntilStill(await response())).toBeLessThan(total / 4);
    connection.socket.resume();
    await waitUntil(() => received > total);
  });

  test('waits for a slow reader of HTTP/2 as well', async () => {
    const { proxy, response } = await startHeld();
    const stream = openH2c(proxy.port).request({ ':path': path });
    stream.pause();
    expect(await writtenUntilStill(await response())).toBeLessThan(total / 4);
    let received = 0;
    stream.on('data', (part: Buffer) => (received += part.length));
    stream.resume();
    await waitUntil(() => received === total);
  });
});

describe('1xx', () => {
  test('103 Early Hints pass, with their fields, before the answer', async () => {
    const upstream = await startRawUpstream((socket) => {
      socket.on('data', () => {
        const hints = 'HTTP/1.1 103 Early Hints\r\nLink: </a.css>; rel=preload\r\nLink: </b.js>; rel=preload\r\n\r\n';
        socket.write(
          `${hints}HTTP/1.1 103 Early Hints\r\nX-More: 1\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok`,
        );
      });
    });
    const proxy = await proxyFor(upstream);
    const connection = await openRawConnection(proxy.port);
    connection.send(`${get}\r\n`);
    const received = await connection.receives('\r\n\r\nok');
    expect(received).toMatch(
      /^HTTP\/1\.1 103 Early Hints\r\nLink: <\/a\.css>; rel=preload\r\nLink: <\/b\.js>; rel=preload\r\n\r\nHTTP\/1\.1 103 Early Hints\r\nX-More: 1\r\n\r\nHTTP\/1\.1 200 OK\r\n/,
    );
    const answer = await collectH2c(openH2c(proxy.port).request({ ':path': path }));
    expect(answer).toMatchObject({ status: 200, informational: [103, 103], body: 'ok' });
  });

  test.for([
    ['alone in its read', ['HTTP/1.1 100 Continue\r\n\r\n', 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok']],
    [
      'together with the answer',
      ['HTTP/1.1 100 Continue\r\nX-A: b\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok'],
    ],
    ['twice', ['HTTP/1.1 100 C\r\n\r\nHTTP/1.1 100 C\r\n\r\n', 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok']],
  ] as const)('100 that the proxy did not ask the upstream for ends there: %s', async ([, pieces]) => {
    const upstream = await startRawUpstream((socket) => {
      socket.on('data', (request: Buffer) => {
        if (!request.includes('abc')) return;
        const [first, ...rest] = pieces;
        socket.write(first, () => setImmediate(() => void socket.write(rest.join(''))));
      });
    });
    const proxy = await proxyFor(upstream);
    const post = `POST ${path} HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc`;
    for (const request of [post, post]) {
      const answer = await rawExchange(proxy.port, request, isWholeResponse);
      expect(answer).toMatch(/^HTTP\/1\.1 200 OK\r\n/);
    }
  });

  test('lines inside a body are no 1xx', async () => {
    const body = 'HTTP/1.1 100 Continue\r\n\r\n';
    const upstream = await startRawUpstream((socket) => {
      socket.on('data', () => {
        socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\n\r\n`, () => {
          setImmediate(() => void socket.write(body));
        });
      });
    });
    const answer = await rawExchange((await proxyFor(upstream)).port, `${get}\r\n`, isWholeResponse);
    expect(answer.endsWith(`\r\n\r\n${body}`)).toBe(true);
  });

  test('are not shown to a caller of HTTP/1.0', async () => {
    const upstream = await startRawUpstream((socket) => {
      socket.once('data', () => {
        socket.write('HTTP/1.1 103 Early Hints\r\nX-A: 1\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok');
      });
    });
    const proxy = await proxyFor(upstream);
    expect(await rawExchange(proxy.port, `GET ${path} HTTP/1.0\r\n\r\n`)).toMatch(/^HTTP\/1\.[01] 200 OK\r\n/);
  });
});

/** An upstream that answers a request in chunks once all of it is there. */
async function startReceiving(): Promise<{ proxy: TestProxy; received: () => string }> {
  let received = '';
  const upstream = await startRawUpstream((socket) => {
    socket.setEncoding('latin1').on('data', (text: string) => {
      received += text;
      if (/\r\n0\r\n(?:[^\r]+\r\n)*\r\n$/.test(received))
        socket.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok');
    });
  });
  return { proxy: await proxyFor(upstream), received: () => received };
}

describe('trailers', () => {
  test('of an answer reach callers of HTTP/1.1 and HTTP/2, announced and not', async () => {
    const upstream = await startRawUpstream((socket) => {
      socket.on('data', () => {
        const head = 'HTTP/1.1 200 OK\r\nTrailer: X-Sum\r\nTransfer-Encoding: chunked\r\n\r\n';
        socket.write(`${head}2\r\nok\r\n0\r\nX-Sum: abc\r\nGrpc-Status: 0\r\n\r\n`);
      });
    });
    const proxy = await proxyFor(upstream);
    const answer = await rawExchange(proxy.port, `${get}TE: trailers\r\n\r\n`, (text) =>
      text.includes('Status: 0\r\n\r\n'),
    );
    expect(answer).toMatch(/\r\nTrailer: X-Sum\r\n/);
    expect(answer).toMatch(/\r\n\r\n2\r\nok\r\n0\r\nX-Sum: abc\r\nGrpc-Status: 0\r\n\r\n$/);
    const http2 = await collectH2c(openH2c(proxy.port).request({ ':path': path }));
    expect(http2).toMatchObject({ body: 'ok', trailers: { 'x-sum': 'abc', 'grpc-status': '0' } });
  });

  test('of a request reach the upstream', async () => {
    const { proxy, received } = await startReceiving();
    const head = `POST ${path} HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nTrailer: X-Sum\r\n\r\n`;
    const answer = await rawExchange(proxy.port, `${head}5\r\nhello\r\n0\r\nX-Sum: abc\r\n\r\n`, isWholeResponse);
    expect(answer).toMatch(/^HTTP\/1\.1 200 OK/);
    expect(received()).toMatch(/\r\nTrailer: X-Sum\r\n/i);
    expect(received()).toMatch(/5\r\nhello\r\n0\r\nX-Sum: abc\r\n\r\n$/i);
  });

  test('of an HTTP/2 request reach the upstream', async () => {
    const { proxy, received } = await startReceiving();
    const headers = { ':method': 'POST', ':path': path, trailer: 'x-sum' };
    const stream = openH2c(proxy.port).request(headers, { endStream: false, waitForTrailers: true });
    stream.once('wantTrailers', () => stream.sendTrailers({ 'x-sum': 'abc' }));
    stream.end('hello');
    expect(await collectH2c(stream)).toMatchObject({ status: 200, body: 'ok' });
    expect(received()).toMatch(/5\r\nhello\r\n0\r\nx-sum: abc\r\n\r\n$/i);
  });
});

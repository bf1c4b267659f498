/** Request bodies stream to the upstream as they come, in the framing they came in, no faster than it reads. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { describe, expect, test } from 'vitest';
import { bodyOf, startByteUpstream } from '../support/byte-upstream.ts';
import { askH2c, collectH2c, openH2c } from '../support/h2c-client.ts';
import { httpEndpoint } from '../support/http-endpoint.ts';
import { openRawConnection } from '../support/raw-connection.ts';
import { isWholeResponse, rawExchange } from '../support/raw-exchange.ts';
import { startTestProxy, waitUntil, type TestProxy } from '../support/start-test-proxy.ts';
import { startRawUpstream, startUpstream } from '../support/start-upstream.ts';
import { untilStill } from '../support/until-still.ts';

const path = '/v1.0/invoke/up/method/x';
const post = `POST ${path} HTTP/1.1\r\nHost: x\r\n`;
const unlimited = ['--max-body-size=0'];

async function proxyFor(origin: string, args: readonly string[] = []): Promise<TestProxy> {
  return startTestProxy({ args, resources: { 'up.yaml': httpEndpoint('up', origin) } });
}

async function startHandled(
  listener: (request: IncomingMessage, response: ServerResponse) => void,
): Promise<TestProxy> {
  return proxyFor((await startUpstream(listener)).origin, unlimited);
}

describe('a body', () => {
  test('with a length arrives with that length, one in chunks arrives in chunks', async () => {
    const upstream = await startByteUpstream();
    const proxy = await proxyFor(upstream.origin);
    await rawExchange(proxy.port, `${post}Content-Length: 5\r\n\r\nhello`, isWholeResponse);
    await rawExchange(proxy.port, `${post}Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n`, isWholeResponse);
    expect(upstream.requests[0]).toMatch(/\r\nContent-Length: 5\r\n/i);
    expect(upstream.requests[0]).not.toMatch(/transfer-encoding/i);
    expect(bodyOf(upstream.requests[0])).toBe('hello');
    expect(upstream.requests[1]).toMatch(/\r\nTransfer-Encoding: chunked\r\n/i);
    expect(upstream.requests[1]).not.toMatch(/content-length/i);
    expect(bodyOf(upstream.requests[1])).toBe('5\r\nhello\r\n0\r\n\r\n');
  });

  test('of HTTP/2 arrives with its length when it has one, else in chunks', async () => {
    const upstream = await startByteUpstream();
    const session = openH2c((await proxyFor(upstream.origin)).port);
    await askH2c(session, { ':method': 'POST', ':path': path, 'content-length': '5' }, 'hello');
    await askH2c(session, { ':method': 'POST', ':path': path }, 'hello');
    expect(upstream.requests[0]).toMatch(/\r\ncontent-length: 5\r\n/i);
    expect(bodyOf(upstream.requests[1])).toBe('5\r\nhello\r\n0\r\n\r\n');
  });

  test('in chunks may be empty', async () => {
    const upstream = await startByteUpstream();
    const proxy = await proxyFor(upstream.origin);
    const answer = await rawExchange(proxy.port, `${post}Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n`, isWholeResponse);
    expect(answer).toMatch(/^HTTP\/1\.1 200 OK/);
    expect(bodyOf(upstream.requests[0]).replace('0\r\n\r\n', '')).toBe('');
  });

  test('reaches the upstream piece by piece, not when it is whole', async () => {
    const pieces: string[] = [];
    const proxy = await startHandled((request, response) => {
      request.setEncoding('latin1').on('data', (piece: string) => pieces.push(piece));
      request.on('end', () => response.end('done'));
    });
    const connection = await openRawConnection(proxy.port);
    connection.send(`${post}Transfer-Encoding: chunked\r\n\r\n5\r\nfirst\r\n`);
    await waitUntil(() => pieces.join('') === 'first');
    connection.send('6\r\nsecond\r\n');
    await waitUntil(() => pieces.join('') === 'firstsecond');
    connection.send('0\r\n\r\n');
    expect(await connection.receives('done')).toMatch(/^HTTP\/1\.1 200 OK/);
  });

  test('and answer may flow both ways at once', async () => {
    const proxy = await startHandled((request, response) => request.pipe(response));
    const stream = openH2c(proxy.port).request({ ':method': 'POST', ':path': path }, { endStream: false });
    let echoed = '';
    stream.setEncoding('utf8').on('data', (piece: string) => (echoed += piece));
    for (const piece of ['one', 'two', 'three']) {
      stream.write(piece);
      await waitUntil(() => echoed.endsWith(piece));
    }
    stream.end();
    await waitUntil(() => stream.closed);
    expect(echoed).toBe('onetwothree');
  });

  test('is held back while the upstream does not read it: the proxy collects nothing', async () => {
    let release = (): void => {};
    let received = 0;
    const upstream = await startRawUpstream((socket) => {
      socket.pause();
      release = () => {
        socket.on('data', (piece: Buffer) => {
          received += piece.length;
          if (received >= total) socket.write('HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\ndone');
        });
        socket.resume();
      };
    });
    const proxy = await proxyFor(upstream.origin, unlimited);
    const total = 128 * 1024 * 1024;
    const connection = await openRawConnection(proxy.port);
    connection.send(`${post}Content-Length: ${total}\r\n\r\n`);
    const piece = Buffer.alloc(1024 * 1024, 'x');
    for (let sent = 0; sent < total; sent += piece.length) connection.socket.write(piece);
    const accepted = (): number => connection.socket.bytesWritten - connection.socket.writableLength;
    await untilStill(accepted);
    expect(accepted()).toBeLessThan(total / 4);
    release();
    expect(await connection.receives('done')).toMatch(/^HTTP\/1\.1 200 OK/);
    expect(received).toBeGreaterThanOrEqual(total);
  });
});

describe('an upstream that answers before it has the whole body', () => {
  test('is heard at once, and the upload may go on', async () => {
    const total = { bytes: 0 };
    const proxy = await startHandled((request, response) => {
      response.writeHead(202, { 'Content-Type': 'text/plain' });
      response.write('early');
      request.on('data', (piece: Buffer) => (total.bytes += piece.length));
      request.on('end', () => response.end(' late'));
    });
    const connection = await openRawConnection(proxy.port);
    connection.send(`${post}Content-Length: 6\r\n\r\nabc`);
    expect(await connection.receives('early')).toMatch(/^HTTP\/1\.1 202 Accepted/);
    connection.send('def');
    await connection.receives(' late');
    expect(total.bytes).toBe(6);
  });

  test('and closes, is heard by a caller who is still sending', async () => {
    const upstream = await startRawUpstream((socket) => {
      socket.once('data', () =>
        socket.end('HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\nConnection: close\r\n\r\nno'),
      );
    });
    const proxy = await proxyFor(upstream.origin, unlimited);
    const connection = await openRawConnection(proxy.port);
    connection.send(`${post}Content-Length: 100000\r\n\r\nabc`);
    const answer = await connection.receives('no');
    expect(answer).toMatch(/^HTTP\/1\.1 403 Forbidden\r\n/);
  });

  test.each(['keep-alive', 'close'])(
    'is heard whole by a caller who first sends all he has, with Connection: %s',
    async (connectionOption) => {
      let isAnswered = false;
      const proxy = await startHandled((_request, response) => {
        response.writeHead(403, { 'Content-Length': 200_000 }).end('n'.repeat(200_000), () => (isAnswered = true));
      });
      const connection = await openRawConnection(proxy.port);
      connection.socket.pause();
      connection.send(`${post}Connection: ${connectionOption}\r\nContent-Length: 3000000\r\n\r\nabc`);
      await waitUntil(() => isAnswered);
      for (let sent = 0; sent < 20; sent += 1) connection.send('x'.repeat(100_000));
      await waitUntil(() => connection.socket.writableLength === 0 || connection.isClosed);
      connection.socket.resume();
      await connection.closed();
      expect(connection.received.match(/n+$/)?.[0]).toHaveLength(200_000);
    },
  );

  test('over HTTP/2 is heard too, and the rest of the upload is waved off', async () => {
    const proxy = await startHandled((_request, response) =>
      response.writeHead(403, { 'Content-Length': 2 }).end('no'),
    );
    const stream = openH2c(proxy.port).request({ ':method': 'POST', ':path': path }, { endStream: false });
    stream.write('x'.repeat(1000));
    expect(await collectH2c(stream)).toMatchObject({ status: 403, body: 'no', resetCode: 0 });
  });

  test('over HTTP/2 lets the caller finish', async () => {
    const proxy = await startHandled((_request, response) =>
      response.writeHead(403, { 'Content-Length': 2 }).end('no'),
    );
    const stream = openH2c(proxy.port).request({ ':method': 'POST', ':path': path }, { endStream: false });
    const answer = collectH2c(stream);
    stream.write('x'.repeat(1000));
    stream.once('end', () => stream.end());
    expect(await answer).toMatchObject({ status: 403, body: 'no' });
  });
});

describe('Expect: 100-continue', () => {
  const expecting = `${post}Expect: 100-continue\r\nContent-Length: 5\r\n\r\n`;

  test('is answered, and the upstream gets the body but not the expectation', async () => {
    const upstream = await startByteUpstream();
    const proxy = await proxyFor(upstream.origin);
    const connection = await openRawConnection(proxy.port);
    connection.send(expecting);
    expect(await connection.receives('\r\n\r\n')).toBe('HTTP/1.1 100 Continue\r\n\r\n');
    connection.send('hello');
    expect(await connection.receives('ok')).toMatch(/\r\n\r\nHTTP\/1\.1 200 OK\r\n/);
    expect(bodyOf(upstream.requests[0])).toBe('hello');
    expect(upstream.requests[0]).not.toMatch(/expect/i);
  });

  test('is not answered with 100 when the call is refused: the body is never sent', async () => {
    const upstream = await startByteUpstream();
    const proxy = await proxyFor(upstream.origin);
    for (const [target, status] of [
      ['nobody', 404],
      ['up', 413],
    ] as const) {
      const connection = await openRawConnection(proxy.port);
      const length = status === 413 ? 5 * 1024 * 1024 : 5;
      connection.send(
        `POST /v1.0/invoke/${target}/method/x HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: ${length}\r\n\r\n`,
      );
      const answer = await connection.receives('}');
      expect(answer).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `));
    }
    expect(upstream.requests).toEqual([]);
  });

  test('over HTTP/2 is answered too', async () => {
    const upstream = await startByteUpstream();
    const session = openH2c((await proxyFor(upstream.origin)).port);
    const stream = session.request({ ':method': 'POST', ':path': path, expect: '100-continue' }, { endStream: false });
    const answer = collectH2c(stream);
    stream.once('continue', () => stream.end('hello'));
    expect(await answer).toMatchObject({ status: 200, informational: [100], body: 'ok' });
    expect(bodyOf(upstream.requests[0])).toContain('hello');
  });
});

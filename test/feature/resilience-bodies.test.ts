/** Bodies of calls that are tried again: sent from their beginning as long as they are kept, and kept within bounds. */
import type { IncomingMessage } from 'node:http';
import { describe, expect, test } from 'vitest';
import { bodyOf } from '../support/byte-upstream.ts';
import { askH2c, openH2c } from '../support/h2c-client.ts';
import { openRawConnection, type RawConnection } from '../support/raw-connection.ts';
import { isWholeResponse, rawExchange } from '../support/raw-exchange.ts';
import { answering, echoing, resetting, soon, startRetried, upPath, type Turn } from '../support/start-retried.ts';
import { waitUntil } from '../support/start-test-proxy.ts';

const policy = `${soon}, matching: { httpMethods: "POST" }`;
const chunked = `POST ${upPath} HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n`;

/** Reads so many bytes of the body, then does as the turn says. */
function after(bytes: number, turn: Turn): Turn {
  return (request, response) => {
    let read = 0;
    request.on('data', (piece: Buffer) => {
      if (read < bytes && read + piece.length >= bytes) turn(request, response);
      read += piece.length;
    });
  };
}

/** Answers 503 when the whole body is there. */
const busyAtEnd: Turn = (request, response) => {
  request.resume().on('end', () => response.writeHead(503).end('busy'));
};

const patternOf = (bytes: number): Buffer => Buffer.from(Array.from({ length: bytes }, (_, index) => index % 251));

describe('a body', () => {
  test.for([
    ['before it is read', answering(503)],
    ['when it is read', busyAtEnd],
    ['by a reset before it is read', resetting],
    ['by a reset in its middle', after(50_000, resetting)],
    ['by 503 in its middle', after(50_000, answering(503))],
  ] as const)('that fits is sent again whole when the try fails %s', async ([, turn]) => {
    const { seen, call } = await startRetried([turn, turn, echoing], { policy });
    const sent = patternOf(200_000);
    const answer = await call({ method: 'POST', body: sent, headers: ['Content-Length', '200000'] });
    expect(answer.status).toBe(200);
    expect(answer.body).toBe(sent.toString('utf8'));
    expect(seen.map(({ headers }) => headers['content-length'])).toEqual(['200000', '200000', '200000']);
  });

  test('that does not fit is sent once, and the answer passed on', async () => {
    const { proxy, seen, call } = await startRetried([busyAtEnd, echoing], { policy });
    const answer = await call({ method: 'POST', body: patternOf(300_000), headers: ['Content-Length', '300000'] });
    expect(answer).toMatchObject({ status: 503, body: 'busy' });
    expect(seen).toHaveLength(1);
    expect(proxy.lines.filter(({ level }) => level === 'error')).toEqual([]);
  });

  test('that does not fit is sent again as long as what has been read of it fits', async () => {
    const { seen, call } = await startRetried([answering(503), echoing], { policy });
    const sent = patternOf(600_000);
    const answer = await call({ method: 'POST', body: sent, headers: ['Content-Length', '600000'] });
    // Which of the two comes first is for the network to decide: the answer, or more than is kept.
    expect([200, 503]).toContain(answer.status);
    if (answer.status === 200) expect(answer.body).toBe(sent.toString('utf8'));
    expect(seen).toHaveLength(answer.status === 200 ? 2 : 1);
  });

  test('may be larger when --retry-buffer-size says so, and none is kept at 0', async () => {
    const question = { method: 'POST', body: patternOf(300_000), headers: ['Content-Length', '300000'] };
    const larger = await startRetried([busyAtEnd, echoing], { policy, args: ['--retry-buffer-size=300000'] });
    expect((await larger.call(question)).status).toBe(200);
    const none = await startRetried([busyAtEnd, echoing], { policy, args: ['--retry-buffer-size=0'] });
    expect((await none.call(question)).status).toBe(503);
    expect((await none.call({ method: 'POST', body: 'x' })).status).toBe(200);
  });

  test('is not kept once all of them together are more than --retry-buffer-total, and is again when they are fewer', async () => {
    const held: (() => void)[] = [];
    const holding: Turn = (request, response) => {
      request.resume().on('end', () => held.push(() => response.writeHead(503).end('busy')));
    };
    const { proxy, call } = await startRetried([holding, holding, echoing, busyAtEnd, echoing], {
      policy,
      args: ['--retry-buffer-total=50Ki'],
    });
    const question = { method: 'POST', body: patternOf(40_000), headers: ['Content-Length', '40000'] };
    const answers = [call(question), call(question)];
    await waitUntil(() => held.length === 2);
    held[0]?.();
    held[1]?.();
    const statuses = (await Promise.all(answers)).map(({ status }) => status);
    expect(statuses).toContain(200);
    expect(statuses).toContain(503);
    expect((await call(question)).status, 'the room is free again').toBe(200);
    expect(proxy.lines.filter(({ level }) => level === 'error')).toEqual([]);
  });

  test('in chunks is sent again in full, and goes on where the caller is by then', async () => {
    const { seen, proxy } = await startRetried([after(5, resetting), after(5, resetting), echoing], { policy });
    const caller = await openRawConnection(proxy.port);
    caller.send(`${chunked}\r\n5\r\nfirst\r\n`);
    await waitUntil(() => seen.length === 3);
    caller.send('6\r\nsecond\r\n');
    caller.send('0\r\n\r\n');
    expect(bodyOf(await caller.receives('second'))).toBe('firstsecond');
  });

  test('may arrive while the call waits for its next try', async () => {
    const { seen, proxy } = await startRetried([after(5, answering(503)), echoing], {
      policy: 'policy: constant, duration: 50ms, matching: { httpMethods: "POST" }',
    });
    const caller = await openRawConnection(proxy.port);
    caller.send(`${chunked}\r\n5\r\nfirst\r\n`);
    await waitUntil(() => proxy.lines.some(({ message }) => message === 'a call is tried again'));
    caller.send('6\r\nsecond\r\n0\r\n\r\n');
    expect(bodyOf(await caller.receives('second'))).toBe('firstsecond');
    expect(seen).toHaveLength(2);
  });

  test('brings its trailers along each time', async () => {
    const trailers: (string | undefined)[] = [];
    const reading =
      (status: number): Turn =>
      (request, response) => {
        request.resume().on('end', () => {
          trailers.push(request.trailers['x-sum']);
          response.writeHead(status).end('done');
        });
      };
    const { proxy } = await startRetried([reading(503), reading(200)], { policy });
    const caller = await openRawConnection(proxy.port);
    caller.send(`${chunked}Trailer: X-Sum\r\n\r\n5\r\nfirst\r\n0\r\nX-Sum: 7\r\n\r\n`);
    expect(await caller.receives('done')).toMatch(/^HTTP\/1\.1 200 OK/);
    expect(trailers).toEqual(['7', '7']);
  });

  test('that is empty and was sent to its end does not make a POST go out twice when a kept connection breaks', async () => {
    const served: Turn = (request) => void request.resume().on('end', () => request.socket.destroy());
    const { proxy, seen } = await startRetried([answering(200), served, answering(200)]);
    const get = `GET ${upPath} HTTP/1.1\r\nHost: x\r\n\r\n`;
    expect(await rawExchange(proxy.port, get, isWholeResponse)).toMatch(/^HTTP\/1.1 200 /);
    expect(await rawExchange(proxy.port, `${chunked}\r\n0\r\n\r\n`, isWholeResponse)).toMatch(/^HTTP\/1.1 502 /);
    expect(seen).toHaveLength(2);
  });

  test('of HTTP/2 is sent again too', async () => {
    const { proxy, seen } = await startRetried([busyAtEnd, after(3, resetting), echoing], { policy });
    const answer = await askH2c(openH2c(proxy.port), { ':method': 'POST', ':path': upPath }, 'body of a stream');
    expect(answer).toMatchObject({ status: 200, body: 'body of a stream' });
    expect(seen).toHaveLength(3);
  });
});

describe('a caller that', () => {
  const head = `POST ${upPath} HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n`;

  test('expects 100-continue is told once', async () => {
    const { proxy } = await startRetried([after(10, resetting), busyAtEnd, echoing], { policy });
    const caller = await openRawConnection(proxy.port);
    caller.send(`${head}Expect: 100-continue\r\n\r\n`);
    await caller.receives('100 Continue\r\n\r\n');
    caller.send('0123456789');
    expect(await caller.receives('\r\n\r\n0123456789')).toMatch(
      /^HTTP\/1\.1 100 Continue\r\n\r\nHTTP\/1\.1 200 OK\r\n[^]*\r\n\r\n[^]*0123456789/,
    );
    expect(caller.received.match(/100 Continue/g)).toHaveLength(1);
  });

  test('sends too much ends the call', async () => {
    const { proxy, seen } = await startRetried([(request: IncomingMessage) => void request.resume()], {
      policy,
      args: ['--max-body-size=100'],
    });
    const caller = await openRawConnection(proxy.port);
    caller.send(`${chunked}\r\nff\r\n${'x'.repeat(255)}\r\n0\r\n\r\n`);
    expect(await caller.receives('larger than')).toMatch(/^HTTP\/1\.1 413 /);
    expect(seen.length).toBeLessThanOrEqual(1);
  });

  test('stops inside its body ends the call', async () => {
    const { proxy, seen } = await startRetried([(request: IncomingMessage) => void request.resume()], {
      policy,
      args: ['--body-idle-timeout=100ms'],
    });
    const caller = await openRawConnection(proxy.port);
    caller.send(`${head}\r\n01234`);
    expect(await caller.receives('did not arrive')).toMatch(/^HTTP\/1\.1 408 /);
    expect(seen).toHaveLength(1);
  });

  test('stops inside its body while the call waits ends the call', async () => {
    const { proxy, seen } = await startRetried([after(5, resetting), echoing], {
      policy: 'policy: constant, duration: 50s, matching: { httpMethods: "POST" }',
      args: ['--body-idle-timeout=100ms'],
    });
    const caller = await openRawConnection(proxy.port);
    caller.send(`${head}\r\n01234`);
    expect(await caller.receives('did not arrive')).toMatch(/^HTTP\/1\.1 408 /);
    expect(seen).toHaveLength(1);
  });

  test('leaves inside its body ends the call', async () => {
    const { proxy, seen } = await startRetried([after(5, (request) => void request.pause()), echoing], { policy });
    const caller: RawConnection = await openRawConnection(proxy.port);
    caller.send(`${head}\r\n01234`);
    await waitUntil(() => seen[0] !== undefined && seen[0].readableFlowing === false);
    caller.socket.destroy();
    await waitUntil(() => seen[0]?.socket.destroyed === true);
    expect(seen).toHaveLength(1);
    expect(proxy.lines.filter(({ message }) => message === 'a call is tried again')).toEqual([]);
  });
});

/** Upstreams that close, reset or say nothing: one clear answer, and a connection that died while idle costs no caller his call. */
import type { Socket } from 'node:net';
import { expect, test } from 'vitest';
import { expectAlive } from '../support/expect-alive.ts';
import { httpEndpoint } from '../support/http-endpoint.ts';
import { openRawConnection } from '../support/raw-connection.ts';
import { isWholeResponse, rawExchange } from '../support/raw-exchange.ts';
import { startTestProxy, waitUntil, type TestProxy } from '../support/start-test-proxy.ts';
import { startRawUpstream } from '../support/start-upstream.ts';

const ok = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';

interface Scripted {
  readonly proxy: TestProxy;
  /** Open connections to the upstream. */
  readonly sockets: Set<Socket>;
  /** Request lines the upstream has seen, each with the number of its connection. */
  readonly seen: string[];
  /** What the upstream does with a request; the second argument counts the requests of the connection, from 1. */
  script: (socket: Socket, nth: number) => void;
  /** What it does with a new connection. */
  greet: (socket: Socket) => void;
}

/** Answers `/alive` itself, and lets the script deal with everything else. */
async function startScripted(args: readonly string[] = []): Promise<Scripted> {
  const sockets = new Set<Socket>();
  const seen: string[] = [];
  let connections = 0;
  const upstream = await startRawUpstream((socket) => {
    const connection = (connections += 1);
    let nth = 0;
    let received = '';
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
    socket.setEncoding('latin1');
    scripted.greet(socket);
    socket.on('data', (chunk: string) => {
      received += chunk;
      const [head] = received.split('\r\n\r\n', 1);
      if (head === undefined || head === received) return;
      received = '';
      const [line = ''] = head.split(' HTTP/', 1);
      if (line === 'GET /alive') return void socket.write(ok);
      nth += 1;
      seen.push(`${line} on ${connection}`);
      scripted.script(socket, nth);
    });
  });
  const proxy = await startTestProxy({ resources: { 'up.yaml': httpEndpoint('up', upstream.origin) }, args });
  const scripted: Scripted = {
    proxy,
    sockets,
    seen,
    script: (socket) => void socket.write(ok),
    greet: () => undefined,
  };
  return scripted;
}

const get = 'GET /v1.0/invoke/up/method/x HTTP/1.1\r\nHost: localhost\r\n\r\n';
const post = 'POST /v1.0/invoke/up/method/x HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\n\r\nab';
const statusOf = async ({ proxy }: Scripted, request: string): Promise<string> =>
  (await rawExchange(proxy.port, request, isWholeResponse)).slice(9, 12);

test.for([
  ['closes a connection at once', 'greet', (socket: Socket) => socket.end()],
  ['resets a connection at once', 'greet', (socket: Socket) => socket.resetAndDestroy()],
  ['closes instead of answering', 'script', (socket: Socket) => socket.end()],
  ['resets instead of answering', 'script', (socket: Socket) => socket.resetAndDestroy()],
] as const)('an upstream that %s is a 502, and is asked once', async ([, when, end]) => {
  const scripted = await startScripted();
  scripted[when] = (socket) => void end(socket);
  for (const request of [get, post]) {
    scripted.seen.length = 0;
    expect(await statusOf(scripted, request)).toBe('502');
    expect(scripted.seen.length).toBeLessThanOrEqual(1);
  }
  scripted.greet = () => undefined;
  await expectAlive(scripted.proxy.port, 'up');
});

test.for([
  ['GET', get],
  ['POST', post],
] as const)('a kept connection that the upstream closed while idle does not fail the next %s', async ([, request]) => {
  const scripted = await startScripted();
  expect(await statusOf(scripted, get)).toBe('200');
  for (const socket of scripted.sockets) socket.end();
  expect(await statusOf(scripted, request)).toBe('200');
  expect(scripted.seen.map((line) => line.slice(-1))).toEqual(['1', '2']);
});

test.for([
  ['closes', (socket: Socket) => socket.end()],
  ['resets', (socket: Socket) => socket.resetAndDestroy()],
] as const)(
  'a GET that meets the upstream while it %s a kept connection is sent once more, on a new one',
  async ([, end]) => {
    const scripted = await startScripted();
    scripted.script = (socket, nth) => void (nth === 1 ? socket.write(ok) : end(socket));
    expect(await statusOf(scripted, get)).toBe('200');
    expect(await statusOf(scripted, get)).toBe('200');
    expect(scripted.seen).toEqual(['GET /x on 1', 'GET /x on 1', 'GET /x on 2']);
  },
);

test.for([
  ['PUT', 'PUT /v1.0/invoke/up/method/x HTTP/1.1\r\nHost: x\r\n\r\n'],
  ['DELETE', 'DELETE /v1.0/invoke/up/method/x HTTP/1.1\r\nHost: x\r\n\r\n'],
  ['POST', 'POST /v1.0/invoke/up/method/x HTTP/1.1\r\nHost: x\r\nIdempotency-Key: 7\r\nContent-Length: 0\r\n\r\n'],
] as const)('so is a %s that may be served twice', async ([method, request]) => {
  const scripted = await startScripted();
  scripted.script = (socket, nth) => void (nth === 1 ? socket.write(ok) : socket.end());
  expect(await statusOf(scripted, get)).toBe('200');
  expect(await statusOf(scripted, request)).toBe('200');
  expect(scripted.seen).toEqual(['GET /x on 1', `${method} /x on 1`, `${method} /x on 2`]);
});

test.for(['POST', 'PUT'])('a %s whose body was not begun goes over a new connection', async (method) => {
  const scripted = await startScripted();
  expect(await statusOf(scripted, get)).toBe('200');
  const caller = await openRawConnection(scripted.proxy.port);
  caller.send(
    `${method} /v1.0/invoke/up/method/x HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 4\r\n\r\n`,
  );
  await caller.receives('100 Continue');
  let opened = 0;
  scripted.greet = () => (opened += 1);
  for (const socket of scripted.sockets) socket.destroy();
  await waitUntil(() => opened === 1);
  caller.send('body');
  expect(await caller.receives('\r\n\r\nok')).toMatch(/^HTTP\/1\.1 100 Continue\r\n\r\nHTTP\/1\.1 200 OK/);
  expect(scripted.seen).toEqual(['GET /x on 1', `${method} /x on 2`]);
});

test('a GET is not sent a third time', async () => {
  const scripted = await startScripted();
  expect(await statusOf(scripted, get)).toBe('200');
  scripted.script = (socket) => void socket.end();
  expect(await statusOf(scripted, get)).toBe('502');
  expect(scripted.seen).toEqual(['GET /x on 1', 'GET /x on 1', 'GET /x on 2']);
  await expectAlive(scripted.proxy.port, 'up');
});

test('a GET whose answer had begun is not sent again', async () => {
  const scripted = await startScripted();
  scripted.script = (socket, nth) => void (nth === 1 ? socket.write(ok) : socket.end('HTTP/1.1 200 OK\r\nX: '));
  expect(await statusOf(scripted, get)).toBe('200');
  expect(await statusOf(scripted, get)).toBe('502');
  expect(scripted.seen).toEqual(['GET /x on 1', 'GET /x on 1']);
});

test('a POST that may have been looked at is not sent again', async () => {
  const scripted = await startScripted();
  scripted.script = (socket, nth) => void (nth === 1 ? socket.write(ok) : socket.end());
  expect(await statusOf(scripted, get)).toBe('200');
  expect(await statusOf(scripted, post)).toBe('502');
  expect(scripted.seen).toEqual(['GET /x on 1', 'POST /x on 1']);
});

test('bytes on an idle connection are nobody’s answer', async () => {
  const scripted = await startScripted();
  expect(await statusOf(scripted, get)).toBe('200');
  for (const socket of scripted.sockets) socket.write('HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil');
  await waitUntil(() => scripted.sockets.size === 0);
  const received = await rawExchange(scripted.proxy.port, get, isWholeResponse);
  expect(received).toMatch(/\r\n\r\nok$/);
});

test('a second answer behind the first never reaches another caller', async () => {
  const scripted = await startScripted();
  const evil = 'HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil';
  scripted.script = (socket) => void socket.write(ok + evil);
  const answers = await Promise.all(
    Array.from({ length: 50 }, () => rawExchange(scripted.proxy.port, get, isWholeResponse)),
  );
  expect(answers.filter((answer) => answer.includes('evil'))).toEqual([]);
  expect(answers.filter((answer) => answer.endsWith('ok'))).toHaveLength(50);
});

test('without a time limit a silent upstream is let go when its caller leaves', async () => {
  const scripted = await startScripted();
  scripted.script = () => undefined;
  const connection = await openRawConnection(scripted.proxy.port);
  connection.send(get);
  await waitUntil(() => scripted.seen.length === 1);
  connection.socket.destroy();
  await waitUntil(() => scripted.sockets.size === 0);
  scripted.proxy.running.shutdown();
  expect(await scripted.proxy.running.ended).toBe('graceful');
});

test.for([
  ['says nothing', ''],
  ['stops inside its status line', 'HTTP/1.1 200'],
  ['stops inside its headers', 'HTTP/1.1 200 OK\r\nX: '],
  ['stops after an informational answer', 'HTTP/1.1 103 Early Hints\r\n\r\n'],
] as const)('an upstream that %s is a 504 after --upstream-response-timeout', async ([, bytes]) => {
  const scripted = await startScripted(['--upstream-response-timeout=100ms']);
  scripted.script = (socket) => void socket.write(bytes);
  const received = await rawExchange(scripted.proxy.port, get, (text) =>
    isWholeResponse(text.replace(/^.*103.*\r\n\r\n/, '')),
  );
  expect(received).toMatch(/HTTP\/1\.1 504 /);
  await expectAlive(scripted.proxy.port, 'up');
});

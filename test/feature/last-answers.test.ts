/** The last answer of an HTTP/1.1 connection: nothing is served after it, and it reaches a caller who goes on sending. */
import { describe, expect, test } from 'vitest';
import { ask } from '../support/ask.ts';
import { httpEndpoint } from '../support/http-endpoint.ts';
import { openRawConnection, statusesIn, type RawConnection } from '../support/raw-connection.ts';
import { startTestProxy, waitUntil, type TestProxy } from '../support/start-test-proxy.ts';
import { startUpstream } from '../support/start-upstream.ts';

const path = '/v1.0/invoke/up/method/';
const post = (name: string, fields: string): string => `POST ${path}${name} HTTP/1.1\r\nHost: x\r\n${fields}\r\n\r\n`;
const nobody = 'POST /v1.0/invoke/nobody/method/x HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n';
const whole = 'n'.repeat(200_000);

interface Stage {
  readonly proxy: TestProxy;
  /** The paths that came, without the slash. */
  readonly seen: readonly string[];
  /** Lets the call of `/held` have its answer. */
  readonly release: () => void;
  /** How many calls of `/held` ended without it. */
  readonly left: () => number;
  readonly isAnswered: () => boolean;
}

/** `/early` is answered in full before its body, `/held` when it is let go, `/broken` not to the end, all else at the end of its body. */
async function startStage(): Promise<Stage> {
  const seen: string[] = [];
  let isAnswered = false;
  let left = 0;
  let release = (): void => {};
  const upstream = await startUpstream((request, response) => {
    const name = (request.url ?? '').slice(1);
    seen.push(name);
    if (name === 'early') {
      response.writeHead(403, { 'Content-Length': whole.length }).end(whole, () => (isAnswered = true));
    } else if (name === 'broken') {
      response.write('begun', () => request.socket.destroy());
    } else if (name === 'held') {
      response.once('close', () => (left += response.writableFinished ? 0 : 1));
      release = () => void response.end('held');
    } else request.resume().on('end', () => response.end(name));
  });
  const proxy = await startTestProxy({
    args: ['--max-body-size=0'],
    resources: { 'up.yaml': httpEndpoint('up', upstream.origin) },
  });
  return { proxy, seen, release: () => release(), left: () => left, isAnswered: () => isAnswered };
}

async function sendAll(connection: RawConnection, ...texts: readonly string[]): Promise<void> {
  for (const text of texts) connection.send(text);
  await waitUntil(() => connection.socket.writableLength === 0 || connection.isClosed);
}

/** What the upstream has seen by now, and what came before. */
async function seenInAll({ proxy, seen }: Stage): Promise<readonly string[]> {
  await ask(proxy.port, { path: `${path}probe` });
  return seen;
}

describe('what follows an answer that says it is the last', () => {
  test.for([
    ['a request', post('second', 'Content-Length: 2') + 'hi'],
    [
      'an Upgrade',
      `GET ${path}socket HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n` +
        'Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 13\r\n\r\n',
    ],
    ['a CONNECT', 'CONNECT a:1 HTTP/1.1\r\nHost: a\r\n\r\n'],
  ])('is not served: %s', async ([, next]) => {
    const stage = await startStage();
    const caller = await openRawConnection(stage.proxy.port);
    caller.send(`${nobody}12345`);
    expect(await caller.receives('}')).toContain('\r\nConnection: close\r\n');
    caller.send(`67890${next}`);
    await caller.closed();
    expect(statusesIn(caller.received)).toEqual([404]);
    expect(await seenInAll(stage)).toEqual(['probe']);
  });
});

describe('a last answer reaches a caller who', () => {
  test('goes on with requests after the body that nobody wanted', async () => {
    const stage = await startStage();
    const caller = await openRawConnection(stage.proxy.port);
    caller.socket.pause();
    caller.send(`${post('early', 'Content-Length: 2000000')}abc`);
    await waitUntil(stage.isAnswered);
    await sendAll(caller, 'x'.repeat(1_999_997));
    const next = post('second', 'Content-Length: 5000') + 'y'.repeat(5000);
    await sendAll(caller, ...Array.from({ length: 200 }, () => next));
    await sendAll(caller, next);
    caller.socket.resume();
    await caller.closed();
    expect(caller.received.endsWith(whole)).toBe(true);
    expect(await seenInAll(stage)).toEqual(['early', 'probe']);
  });

  test('breaks the framing of the body that nobody wanted, and there is no second one', async () => {
    const stage = await startStage();
    const caller = await openRawConnection(stage.proxy.port);
    caller.send(`${post('early', 'Transfer-Encoding: chunked')}3\r\nabc\r\n`);
    await caller.receives(whole);
    await sendAll(caller, 'no chunk\r\n', 'x'.repeat(100_000));
    await caller.closed();
    expect(statusesIn(caller.received)).toEqual([403]);
    expect(caller.received.endsWith(whole)).toBe(true);
  });

  test('sends headers without end', async () => {
    const { proxy } = await startStage();
    const caller = await openRawConnection(proxy.port);
    caller.socket.pause();
    await sendAll(
      caller,
      `GET / HTTP/1.1\r\nHost: x\r\n`,
      ...Array.from({ length: 40 }, () => `X: ${'x'.repeat(50_000)}\r\n`),
    );
    caller.socket.resume();
    await caller.closed();
    expect(statusesIn(caller.received)).toEqual([431]);
  });
});

test('a CONNECT waits for the answers before it', async () => {
  const { proxy, seen, release } = await startStage();
  const caller = await openRawConnection(proxy.port);
  caller.send(`${post('held', 'Content-Length: 2')}hiCONNECT a:1 HTTP/1.1\r\nHost: a\r\n\r\n`);
  await waitUntil(() => seen.length === 1);
  release();
  await caller.closed();
  expect(statusesIn(caller.received)).toEqual([200, 501]);
});

test('a caller who leaves while a CONNECT waits is noticed', async () => {
  const { proxy, seen, left } = await startStage();
  const caller = await openRawConnection(proxy.port);
  caller.send(`${post('held', 'Content-Length: 2')}hi`);
  await waitUntil(() => seen.length === 1);
  caller.send(`CONNECT a:1 HTTP/1.1\r\nHost: a\r\n\r\n${'x'.repeat(100_000)}`);
  caller.socket.end();
  await waitUntil(() => left() > 0);
  expect(left()).toBe(1);
});

test('an answer that breaks while it waits for the one before ends the connection after that', async () => {
  const { proxy, seen, release } = await startStage();
  const caller = await openRawConnection(proxy.port);
  caller.send(`${post('held', 'Content-Length: 2')}hi${post('broken', 'Content-Length: 2')}hi`);
  await waitUntil(() => seen.length === 2 && proxy.lines.some(({ message }) => message === 'request failed'));
  release();
  await caller.closed();
  expect(caller.received).toMatch(/^HTTP\/1\.1 200 [^]*held$/);
});

test.for([
  ['', ''],
  [' behind a CONNECT', 'CONNECT a:1 HTTP/1.1\r\nHost: a\r\n\r\n'],
  [' behind bytes that are no request', 'nothing\r\n\r\n'],
])('calls whose answers wait for the one before end when the caller leaves%s', async ([, last]) => {
  const { proxy, seen, left } = await startStage();
  const caller = await openRawConnection(proxy.port);
  caller.send(`${post('held', 'Content-Length: 2')}hi`.repeat(3) + last);
  await waitUntil(() => seen.length === 3);
  caller.socket.destroy();
  await waitUntil(() => left() === 3);
  proxy.running.shutdown();
  await proxy.running.ended;
  expect(proxy.lines.map(({ message }) => message)).toContain('shutdown is complete');
});

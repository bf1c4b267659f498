/** HTTP/2 connections that break the rules or flood: the stream or the connection ends, and the proxy serves the next caller. */
import { connect } from 'node:http2';
import { expect, onTestFinished, test } from 'vitest';
import { startCountingUpstream } from '../support/counting-upstream.ts';
import { expectAlive } from '../support/expect-alive.ts';
import { httpEndpoint } from '../support/http-endpoint.ts';
import {
  flag,
  frame,
  framesIn,
  frameType,
  getFrame,
  headerBlock,
  preface,
  settingsFrame,
} from '../support/http2-frames.ts';
import { writeEndlessly } from '../support/large-bodies.ts';
import { openRawConnection, type RawConnection } from '../support/raw-connection.ts';
import { startTestProxy, waitUntil, type TestProxy } from '../support/start-test-proxy.ts';
import { startUpstream } from '../support/start-upstream.ts';

const path = '/v1.0/invoke/up/method/x';
const start = Buffer.concat([preface, settingsFrame()]);
const getFields = [
  [':method', 'GET'],
  [':scheme', 'http'],
  [':authority', 'localhost'],
  [':path', path],
] as const;
const postFields = [[':method', 'POST'], ...getFields.slice(1)] as const;

interface Bench {
  readonly proxy: TestProxy;
  readonly connection: RawConnection;
  readonly seen: readonly { readonly rawHeaders: readonly string[] }[];
}

async function open(args: readonly string[] = []): Promise<Bench> {
  const { upstream, seen } = await startCountingUpstream();
  const proxy = await startTestProxy({ resources: { 'up.yaml': httpEndpoint('up', upstream.origin) }, args });
  return { proxy, seen, connection: await openRawConnection(proxy.port) };
}

const headers = (
  fields: readonly (readonly [string, string])[],
  flags: number = flag.endHeaders | flag.endStream,
): Buffer => frame({ type: frameType.headers, flags, stream: 1, payload: headerBlock(fields) });

/** Error codes of the frames of this type, in order. */
function codesIn(connection: RawConnection, type: number): readonly number[] {
  const frames = framesIn(Buffer.from(connection.received, 'latin1')).filter((received) => received.type === type);
  return frames.map(({ payload }) => payload.readUInt32BE(type === frameType.goaway ? 4 : 0));
}

const malformedRequests = {
  'no :path': headers(getFields.slice(0, 3)),
  'a :path without its slash': headers([...getFields.slice(0, 3), [':path', 'x']]),
  'a :path with a line break': headers([...getFields.slice(0, 3), [':path', `${path} HTTP/1.1\r\nX: y`]]),
  'a :path with a space': headers([...getFields.slice(0, 3), [':path', `${path} x`]]),
  'a :method with a line break': headers([[':method', 'GET / HTTP/1.1\r\nX: y'], ...getFields.slice(1)]),
  'a field name in upper case': headers([...getFields, ['X-Upper', 'y']]),
  'Transfer-Encoding': headers([...getFields, ['transfer-encoding', 'chunked']]),
  Connection: headers([...getFields, ['connection', 'close']]),
  'a length and no body': headers([...getFields, ['content-length', '10']]),
  'two lengths': headers([...postFields, ['content-length', '2'], ['content-length', '2']], flag.endHeaders),
  'a body shorter than its length': Buffer.concat([
    headers([...postFields, ['content-length', '10']], flag.endHeaders),
    frame({ type: frameType.data, flags: flag.endStream, stream: 1, payload: Buffer.from('ab') }),
  ]),
  'a thousand and one fields': headers([...getFields, ...Array.from({ length: 1000 }, () => ['a', 'b'] as const)]),
};

test.for(Object.entries(malformedRequests))(
  'a request with %s resets its stream and is not sent on',
  async ([, bytes]) => {
    const { proxy, connection, seen } = await open();
    connection.send(Buffer.concat([start, bytes]).toString('latin1'));
    await waitUntil(() => codesIn(connection, frameType.rstStream).length === 1);
    connection.send(getFrame(3, path).toString('latin1'));
    await connection.receives('ok');
    expect(seen).toHaveLength(1);
    await expectAlive(proxy.port, 'up');
  },
);

test('a field value with a line break makes no second field', async () => {
  const { connection, seen } = await open();
  connection.send(Buffer.concat([start, headers([...getFields, ['x-a', 'b\r\nX-Injected: c']])]).toString('latin1'));
  await waitUntil(() => seen.length === 1 || codesIn(connection, frameType.rstStream).length === 1);
  expect(JSON.stringify(seen)).not.toMatch(/injected/i);
});

test('headers beyond --read-buffer-size are answered 431', async () => {
  const { proxy, seen } = await open(['--read-buffer-size=1Ki']);
  const session = connect(proxy.origin);
  onTestFinished(() => session.destroy());
  const statusOf = (length: number): Promise<unknown> =>
    new Promise((resolve, reject) => {
      session
        .request({ ':path': path, x: 'a'.repeat(length) })
        .on('response', (fields) => resolve(fields[':status']))
        .on('error', reject);
    });
  expect([await statusOf(4_000), await statusOf(6_000)]).toEqual([200, 431]);
  expect(seen).toHaveLength(1);
});

const reset = (stream: number): Buffer =>
  frame({ type: frameType.rstStream, stream, payload: Buffer.from([0, 0, 0, 8]) });
const begun = frame({ type: frameType.headers, flags: flag.endStream, stream: 1, payload: headerBlock(getFields) });
const tableEntry = Buffer.concat([
  Buffer.of(0x40, 1),
  Buffer.from('x'),
  Buffer.of(127, 0xbd, 0x1d),
  Buffer.alloc(3900, 'a'),
]);
const repeat = (count: number, make: (index: number) => Buffer): Buffer =>
  Buffer.concat(Array.from({ length: count }, (_, index) => make(index)));

const floods = {
  'rapid resets': repeat(5_000, (index) =>
    Buffer.concat([getFrame(2 * index + 1, `${path}/never`), reset(2 * index + 1)]),
  ),
  SETTINGS: repeat(20_000, () => settingsFrame()),
  'CONTINUATION with fields': Buffer.concat([
    begun,
    repeat(20_000, () =>
      frame({ type: frameType.continuation, stream: 1, payload: headerBlock([['x', 'y'.repeat(100)]]) }),
    ),
  ]),
  'empty CONTINUATION': Buffer.concat([
    begun,
    repeat(20_000, () => frame({ type: frameType.continuation, stream: 1 })),
  ]),
  'PING without reading the answers': repeat(20_000, () => frame({ type: frameType.ping, payload: Buffer.alloc(8) })),
};

test.for(Object.entries(floods))('a flood of %s ends the connection', async ([, bytes]) => {
  const { proxy, connection, seen } = await open();
  connection.socket.pause();
  connection.socket.once('error', () => connection.socket.resume());
  connection.send(Buffer.concat([start, bytes]).toString('latin1'));
  await waitUntil(() => connection.socket.destroyed || connection.socket.writableLength === 0);
  connection.socket.resume();
  await connection.closed();
  expect(seen.length).toBeLessThan(250);
  await expectAlive(proxy.port, 'up');
});

test('a list of fields that a compressed block unfolds into is bounded', async () => {
  const { proxy, connection, seen } = await open();
  const block = Buffer.concat([headerBlock(getFields), tableEntry, Buffer.alloc(8_000, 0xbe)]);
  const bomb = frame({ type: frameType.headers, flags: flag.endHeaders | flag.endStream, stream: 1, payload: block });
  connection.send(Buffer.concat([start, bomb]).toString('latin1'));
  await waitUntil(() => codesIn(connection, frameType.rstStream).length === 1);
  expect(seen).toEqual([]);
  await expectAlive(proxy.port, 'up');
});

test('at most 250 requests at once are taken from one connection', async () => {
  let running = 0;
  const upstream = await startUpstream((request, response) => {
    if (request.url === '/alive') return void response.end('ok');
    running += 1;
    response.once('close', () => (running -= 1));
  });
  const proxy = await startTestProxy({ resources: { 'up.yaml': httpEndpoint('up', upstream.origin) } });
  const connection = await openRawConnection(proxy.port);
  connection.send(Buffer.concat([start, repeat(300, (index) => getFrame(2 * index + 1, path))]).toString('latin1'));
  await waitUntil(() => codesIn(connection, frameType.rstStream).length === 50 && running === 250);
  expect(codesIn(connection, frameType.rstStream)).toEqual(Array.from({ length: 50 }, () => 7));
  await expectAlive(proxy.port, 'up');
  connection.socket.destroy();
  await waitUntil(() => running === 0);
});

test.for([
  ['a preface that goes wrong', Buffer.from('PRI * HTTP/2.0\r\n\r\nXX\r\n\r\n')],
  ['a preface and no SETTINGS', Buffer.concat([preface, Buffer.alloc(100, 0xff)])],
  [
    'a body longer than its length',
    Buffer.concat([
      start,
      headers([...postFields, ['content-length', '1']], flag.endHeaders),
      frame({ type: frameType.data, flags: flag.endStream, stream: 1, payload: Buffer.from('ab') }),
    ]),
  ],
  ['a preface and HTTP/1.1', Buffer.concat([preface, Buffer.from('GET / HTTP/1.1\r\n\r\n')])],
] as const)('%s ends the connection', async ([, bytes]) => {
  const { proxy, connection, seen } = await open();
  connection.send(bytes.toString('latin1'));
  await connection.closed();
  expect(seen).toEqual([]);
  await expectAlive(proxy.port, 'up');
});

test.for([
  ['after its preface', preface],
  ['in the middle of a frame', Buffer.concat([start, Buffer.of(0, 0, 50)])],
  ['in the middle of its headers', Buffer.concat([start, begun])],
] as const)('a connection that falls silent %s is closed', async ([, bytes]) => {
  const { proxy, connection } = await open(['--idle-timeout=200ms']);
  connection.send(bytes.toString('latin1'));
  await connection.closed();
  expect(codesIn(connection, frameType.goaway)).toContain(0);
  await expectAlive(proxy.port, 'up');
});

test('a request body that stops is answered 408', async () => {
  const { proxy } = await open(['--body-idle-timeout=100ms']);
  const session = connect(proxy.origin);
  onTestFinished(() => session.destroy());
  const stream = session.request({ ':method': 'POST', ':path': path });
  stream.write('ab');
  expect(
    await new Promise((resolve, reject) =>
      stream.on('response', (fields) => resolve(fields[':status'])).on('error', reject),
    ),
  ).toBe(408);
});

test('a window that is never opened holds one call and nothing more', async () => {
  let sent = 0;
  const upstream = await startUpstream((request, response) => {
    if (request.url === '/alive') return void response.end('ok');
    writeEndlessly(response, (bytes) => (sent += bytes));
  });
  const proxy = await startTestProxy({ resources: { 'up.yaml': httpEndpoint('up', upstream.origin) } });
  const connection = await openRawConnection(proxy.port);
  const noWindow = settingsFrame({ 4: 0 });
  connection.send(Buffer.concat([preface, noWindow, getFrame(1, path)]).toString('latin1'));
  let before = -1;
  await waitUntil(async () => {
    await expectAlive(proxy.port, 'up');
    const isStill = sent > 0 && sent === before;
    before = sent;
    return isStill;
  });
  expect(sent).toBeLessThan(16 * 1024 * 1024);
});

/** Upgrade requests that cannot be granted are ignored or refused; after a granted one, anything but HTTP/2 ends the connection. */
import { expect, test } from 'vitest';
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
import { isWholeResponse, rawExchange } from '../support/raw-exchange.ts';
import { openRawConnection, statusesIn } from '../support/raw-connection.ts';
import { startTestProxy, waitUntil, type TestProxy } from '../support/start-test-proxy.ts';

const path = '/v1.0/invoke/up/method/x';

async function open(
  args: readonly string[] = [],
): Promise<{ proxy: TestProxy; seen: readonly { readonly rawHeaders: readonly string[]; readonly body: string }[] }> {
  const { upstream, seen } = await startCountingUpstream();
  return { seen, proxy: await startTestProxy({ resources: { 'up.yaml': httpEndpoint('up', upstream.origin) }, args }) };
}

function h2cRequest(settings: string, more = ''): string {
  return `GET ${path} HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: ${settings}\r\n${more}\r\n`;
}
const goodSettings = 'AAMAAABk';
const webSocket = (version: string, more = ''): string =>
  `GET ${path} ${version}\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n${more}\r\n`;

const ignoredUpgrades = {
  'h2c with settings that are no base64url': h2cRequest('!!!'),
  'h2c with settings of an odd length': h2cRequest('AAMA'),
  'h2c with two fields of settings': h2cRequest(goodSettings, `HTTP2-Settings: ${goodSettings}\r\n`),
  'h2c without settings': h2cRequest(goodSettings).replace(`HTTP2-Settings: ${goodSettings}\r\n`, ''),
  'h2c with a sized body': `${h2cRequest(goodSettings, 'Content-Length: 2\r\n').replace('GET', 'POST')}ab`,
  'h2c with a chunked body': `${h2cRequest(goodSettings, 'Transfer-Encoding: chunked\r\n').replace('GET', 'POST')}2\r\nab\r\n0\r\n\r\n`,
  'h2c in HTTP/1.0': h2cRequest(goodSettings).replace('HTTP/1.1', 'HTTP/1.0'),
  'a protocol nobody knows': h2cRequest(goodSettings).replace('Upgrade: h2c', 'Upgrade: gopher'),
  'Upgrade without Connection': h2cRequest(goodSettings).replace('Connection: Upgrade, HTTP2-Settings\r\n', ''),
  'WebSocket in HTTP/1.0': webSocket('HTTP/1.0'),
  'WebSocket with a sized body': `${webSocket('HTTP/1.1', 'Content-Length: 2\r\n')}ab`,
  'WebSocket with a chunked body': `${webSocket('HTTP/1.1', 'Transfer-Encoding: chunked\r\n')}2\r\nab\r\n0\r\n\r\n`,
  'WebSocket with POST': `${webSocket('HTTP/1.1', 'Content-Length: 2\r\n').replace('GET', 'POST')}ab`,
  'WebSocket as one of two protocols': webSocket('HTTP/1.1').replace('Upgrade: websocket', 'Upgrade: websocket, h2c'),
};

test.for(Object.entries(ignoredUpgrades))('%s is served as a plain request', async ([, request]) => {
  const { proxy, seen } = await open();
  const received = await rawExchange(proxy.port, request, isWholeResponse);
  expect(statusesIn(received)).toEqual([200]);
  expect(seen).toHaveLength(1);
  expect(seen[0]?.body).toBe(/\r\n\r\n./.test(request) ? 'ab' : '');
  expect(JSON.stringify(seen[0]?.rawHeaders)).not.toMatch(/upgrade|http2-settings|h2c/i);
  await expectAlive(proxy.port, 'up');
});

const endless = frame({ type: frameType.settings, payload: Buffer.alloc(100_000) });
const afterUpgrade = {
  'bytes that are no preface': Buffer.alloc(100, 0xff),
  'an HTTP/1.1 request': Buffer.from(`GET ${path} HTTP/1.1\r\nHost: localhost\r\n\r\n`),
  'HEADERS before SETTINGS': Buffer.concat([preface, getFrame(3, path)]),
  'a first frame beyond the limit': Buffer.concat([preface, endless]),
  'the stream that the upgrade has used': Buffer.concat([preface, settingsFrame(), getFrame(1, path)]),
  'a preface that stops': Buffer.from('PRI *'),
  nothing: Buffer.alloc(0),
};

test.for(Object.entries(afterUpgrade))('%s after a granted h2c upgrade ends the connection', async ([, bytes]) => {
  const { proxy } = await open(['--idle-timeout=200ms']);
  const connection = await openRawConnection(proxy.port);
  connection.send(h2cRequest(goodSettings) + bytes.toString('latin1'));
  await connection.closed();
  expect(statusesIn(connection.received)).toEqual([101]);
  await expectAlive(proxy.port, 'up');
});

test('an h2c upgrade in pieces is served', async () => {
  const { proxy, seen } = await open();
  const connection = await openRawConnection(proxy.port);
  for (const byte of h2cRequest(goodSettings) +
    Buffer.concat([preface, settingsFrame({ 3: 100 })]).toString('latin1')) {
    connection.send(byte);
    await new Promise(setImmediate);
  }
  await connection.receives('ok');
  expect(seen).toHaveLength(1);
});

test('an h2c upgrade does not bring a field that HTTP/2 forbids into the request', async () => {
  const { proxy, seen } = await open();
  const connection = await openRawConnection(proxy.port);
  const fields = 'TE: trailers\r\nKeep-Alive: 5\r\nProxy-Connection: x\r\nX-Kept: y\r\n';
  connection.send(h2cRequest(goodSettings, fields) + Buffer.concat([preface, settingsFrame()]).toString('latin1'));
  await waitUntil(() => seen.length === 1 || connection.isClosed);
  expect(seen[0]?.rawHeaders.join()).toMatch(/x-kept,y/i);
  const second = headerBlock([
    [':method', 'GET'],
    [':scheme', 'http'],
    [':authority', 'localhost'],
    [':path', path],
  ]);
  const flags = flag.endHeaders | flag.endStream;
  connection.send(frame({ type: frameType.headers, flags, stream: 3, payload: second }).toString('latin1'));
  await waitUntil(() => seen.length === 2 || connection.isClosed);
  const bytes = Buffer.from(connection.received.slice(connection.received.indexOf('\r\n\r\n') + 4), 'latin1');
  expect(framesIn(bytes).filter(({ type }) => type === frameType.rstStream)).toEqual([]);
});

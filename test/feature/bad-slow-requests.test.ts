/** Requests that stop in the middle, or trickle: each ends within its time limit, and nothing is left of it. */
import { setTimeout as pause } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { startCountingUpstream } from '../support/counting-upstream.ts';
import { expectAlive } from '../support/expect-alive.ts';
import { httpEndpoint } from '../support/http-endpoint.ts';
import { openRawConnection, statusesIn } from '../support/raw-connection.ts';
import { startTestProxy, waitUntil, type TestProxy } from '../support/start-test-proxy.ts';
import { startUpstream } from '../support/start-upstream.ts';

const get = 'GET /v1.0/invoke/up/method/x HTTP/1.1\r\nHost: localhost\r\n';
const post = 'POST /v1.0/invoke/up/method/x HTTP/1.1\r\nHost: localhost\r\n';
const impatient = ['--header-timeout=200ms', '--body-idle-timeout=200ms', '--idle-timeout=30s'];

async function startImpatientProxy(): Promise<TestProxy> {
  const { upstream } = await startCountingUpstream();
  return startTestProxy({ resources: { 'up.yaml': httpEndpoint('up', upstream.origin) }, args: impatient });
}

const unfinished = {
  'half a request line': ['GET /v1.0', [408]],
  'half a header': [`${get}X: y`, [408]],
  'headers without their end': [get, [408]],
  'half a header behind a whole request': [`${get}\r\n${get}X: y`, [200, 408]],
  'half a sized body': [`${post}Content-Length: 10\r\n\r\nab`, [408]],
  'half a chunk': [`${post}Transfer-Encoding: chunked\r\n\r\n5\r\nab`, [408]],
  'a chunked body without its end': [`${post}Transfer-Encoding: chunked\r\n\r\n2\r\nab\r\n`, [408]],
  'half a metadata value': [
    'PUT /v1.0/metadata/key HTTP/1.1\r\nHost: localhost\r\nContent-Length: 10\r\n\r\nab',
    [408],
  ],
  'half a body that nobody reads': [
    'GET /v1.0/healthz HTTP/1.1\r\nHost: localhost\r\nContent-Length: 10\r\n\r\nab',
    [204],
  ],
  'half a body for an unknown name': [
    'POST /v1.0/invoke/nobody/method/x HTTP/1.1\r\nHost: localhost\r\nContent-Length: 10\r\n\r\nab',
    [404],
  ],
  nothing: ['', []],
  'half an HTTP/2 preface': ['PRI * HTTP/2.0\r\n', []],
} as const;

test('a request that stops in the middle is answered or closed within its time limit', async () => {
  const proxy = await startImpatientProxy();
  const statusesOf = async (bytes: string): Promise<readonly number[]> => {
    const connection = await openRawConnection(proxy.port);
    connection.send(bytes);
    await connection.closed();
    return statusesIn(connection.received);
  };
  const cases = Object.entries(unfinished);
  const answers = await Promise.all(cases.map(async ([name, [bytes]]) => [name, await statusesOf(bytes)]));
  expect(answers).toEqual(cases.map(([name, [, statuses]]) => [name, statuses]));
  await expectAlive(proxy.port, 'up');
});

test('headers that trickle do not buy time', async () => {
  const proxy = await startImpatientProxy();
  const connection = await openRawConnection(proxy.port);
  connection.send(get);
  while (!connection.isClosed) {
    connection.send('X: y\r\n');
    await pause(20);
  }
  expect(statusesIn(connection.received)).toEqual([408]);
  await expectAlive(proxy.port, 'up');
});

test('a request that comes byte by byte is served', async () => {
  const { upstream, seen } = await startCountingUpstream();
  const proxy = await startTestProxy({ resources: { 'up.yaml': httpEndpoint('up', upstream.origin) } });
  const connection = await openRawConnection(proxy.port);
  for (const byte of `${post}Transfer-Encoding: chunked\r\n\r\n2\r\nab\r\n0\r\n\r\n`) {
    connection.send(byte);
    await pause(0);
  }
  expect(await connection.receives('\r\n\r\nok')).toMatch(/^HTTP\/1\.1 200 /);
  expect(seen).toMatchObject([{ method: 'POST', url: '/x', body: 'ab' }]);
});

test('a caller that resets the connection in the middle leaves nothing behind', async () => {
  const proxy = await startImpatientProxy();
  for (const [bytes] of Object.values(unfinished)) {
    const connection = await openRawConnection(proxy.port);
    connection.send(bytes);
    await pause(0);
    connection.socket.resetAndDestroy();
    await connection.closed();
    expect(connection.received).not.toMatch(/ 5\d\d /);
  }
  await expectAlive(proxy.port, 'up');
});

test('a caller that leaves inside its body takes the call to the upstream along', async () => {
  let isCut = false;
  let isBegun = false;
  const upstream = await startUpstream((request) => {
    isBegun = true;
    request.resume();
    request.on('close', () => (isCut = !request.complete));
  });
  const proxy = await startTestProxy({ resources: { 'up.yaml': httpEndpoint('up', upstream.origin) } });
  const connection = await openRawConnection(proxy.port);
  connection.send(`${post}Content-Length: 10\r\n\r\nab`);
  await waitUntil(() => isBegun);
  connection.socket.destroy();
  await waitUntil(() => isCut);
  expect(isCut).toBe(true);
});

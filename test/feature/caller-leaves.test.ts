/** A caller that leaves cancels its call at the upstream, wherever the call is at that moment. */
import { constants } from 'node:http2';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { describe, expect, test } from 'vitest';
import { ask } from '../support/ask.ts';
import { openH2c } from '../support/h2c-client.ts';
import { httpEndpoint } from '../support/http-endpoint.ts';
import { openRawConnection } from '../support/raw-connection.ts';
import { startTestProxy, waitUntil, type TestProxy } from '../support/start-test-proxy.ts';
import { startUpstream } from '../support/start-upstream.ts';

const path = '/v1.0/invoke/up/method/x';
const get = `GET ${path} HTTP/1.1\r\nHost: x\r\n\r\n`;

interface Call {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  isCancelled: boolean;
}

/** Keeps every call that reaches the upstream, and whether it was cut off. */
async function startWatched(args: readonly string[] = []): Promise<{ proxy: TestProxy; calls: readonly Call[] }> {
  const calls: Call[] = [];
  const upstream = await startUpstream((request, response) => {
    const call: Call = { request, response, isCancelled: false };
    request.on('error', () => {});
    response.once('close', () => (call.isCancelled = !response.writableFinished));
    calls.push(call);
    request.resume();
  });
  const resources = { 'up.yaml': httpEndpoint('up', upstream.origin) };
  return { calls, proxy: await startTestProxy({ resources, args }) };
}

describe('a caller of HTTP/1.1 who leaves', () => {
  test('before the answer', async () => {
    const { proxy, calls } = await startWatched();
    const connection = await openRawConnection(proxy.port);
    connection.send(get);
    await waitUntil(() => calls.length === 1);
    expect(calls[0]?.isCancelled).toBe(false);
    connection.socket.destroy();
    await waitUntil(() => calls[0]?.isCancelled === true);
  });

  test('inside the answer', async () => {
    const { proxy, calls } = await startWatched();
    const connection = await openRawConnection(proxy.port);
    connection.send(get);
    await waitUntil(() => calls.length === 1);
    calls[0]?.response.write('first');
    expect(await connection.receives('first')).toContain('first');
    connection.socket.destroy();
    await waitUntil(() => calls[0]?.isCancelled === true);
  });

  test('inside the request body', async () => {
    const { proxy, calls } = await startWatched();
    const connection = await openRawConnection(proxy.port);
    connection.send(`POST ${path} HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nabc`);
    await waitUntil(() => calls.length === 1);
    connection.socket.destroy();
    await waitUntil(() => calls[0]?.isCancelled === true);
    expect(calls[0]?.request.complete).toBe(false);
  });

  test('inside a body in chunks, which must not look whole to the upstream', async () => {
    const { proxy, calls } = await startWatched();
    const connection = await openRawConnection(proxy.port);
    connection.send(`POST ${path} HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n`);
    await waitUntil(() => calls.length === 1);
    connection.socket.end();
    await waitUntil(() => calls[0]?.isCancelled === true);
    expect(calls[0]?.request.complete).toBe(false);
  });

  test('while waiting for a slot leaves his place to the next, and never reaches the upstream', async () => {
    const { proxy, calls } = await startWatched(['--app-max-concurrency=1']);
    const first = ask(proxy.port, { path: '/v1.0/invoke/up/method/first' });
    await waitUntil(() => calls.length === 1);
    const leaver = await openRawConnection(proxy.port);
    leaver.send(get);
    // When a later request is answered, the one before it has been read.
    expect((await ask(proxy.port, { path: '/v1.0/healthz' })).status).toBe(204);
    leaver.socket.destroy();
    const last = ask(proxy.port, { path: '/v1.0/invoke/up/method/last' });
    calls[0]?.response.end('one');
    expect((await first).body).toBe('one');
    await waitUntil(() => calls.length === 2);
    calls[1]?.response.end('two');
    expect((await last).body).toBe('two');
    expect(calls.map(({ request }) => request.url)).toEqual(['/first', '/last']);
  });
});

describe('a caller of HTTP/2 who resets the stream', () => {
  test.for(['before the answer', 'inside the answer', 'inside the request body'])('%s', async (moment) => {
    const { proxy, calls } = await startWatched();
    const session = openH2c(proxy.port);
    const hasBody = moment === 'inside the request body';
    const stream = session.request({ ':method': hasBody ? 'POST' : 'GET', ':path': path }, { endStream: !hasBody });
    let received = '';
    stream.on('error', () => {}).on('data', (piece: Buffer) => (received += piece.toString()));
    if (hasBody) stream.write('abc');
    await waitUntil(() => calls.length === 1);
    if (moment === 'inside the answer') {
      calls[0]?.response.write('first');
      await waitUntil(() => received === 'first');
    }
    stream.close(constants.NGHTTP2_CANCEL);
    await waitUntil(() => calls[0]?.isCancelled === true);
    const again = session.request({ ':path': '/v1.0/healthz' });
    await waitUntil(() => again.closed);
    expect(session.destroyed).toBe(false);
  });
});

test('the proxy forgets the calls of those who left: it can shut down at once, gracefully', async () => {
  const { proxy, calls } = await startWatched();
  const connections = await Promise.all(Array.from({ length: 20 }, () => openRawConnection(proxy.port)));
  for (const connection of connections) connection.send(get);
  await waitUntil(() => calls.length === connections.length);
  for (const connection of connections) connection.socket.destroy();
  await waitUntil(() => calls.every(({ isCancelled }) => isCancelled));
  proxy.running.shutdown();
  expect(await proxy.running.ended).toBe('graceful');
});

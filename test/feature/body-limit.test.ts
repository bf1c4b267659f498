/** `--max-body-size`: refused before a byte goes out when the length is known, cut in the middle otherwise. */
import type { IncomingMessage } from 'node:http';
import { describe, expect, test } from 'vitest';
import { ask, errorOf } from '../support/ask.ts';
import { collectH2c, openH2c } from '../support/h2c-client.ts';
import { httpEndpoint } from '../support/http-endpoint.ts';
import { openRawConnection } from '../support/raw-connection.ts';
import { startTestProxy, waitUntil, type TestProxy } from '../support/start-test-proxy.ts';
import { startUpstream } from '../support/start-upstream.ts';

const path = '/v1.0/invoke/up/method/x';
const mebibyte = 1024 * 1024;

interface Watched {
  readonly proxy: TestProxy;
  readonly requests: readonly IncomingMessage[];
  /** Bytes of body that the upstream has read, all requests together. */
  readonly received: () => number;
}

/** The upstream answers with the length of the body it got. */
async function startWatched(args: readonly string[] = []): Promise<Watched> {
  const requests: IncomingMessage[] = [];
  let received = 0;
  const upstream = await startUpstream((request, response) => {
    let length = 0;
    requests.push(request);
    request.on('error', () => {});
    request.on('data', (piece: Buffer) => {
      length += piece.length;
      received += piece.length;
    });
    request.on('end', () => response.end(String(length)));
  });
  const proxy = await startTestProxy({ args, resources: { 'up.yaml': httpEndpoint('up', upstream.origin) } });
  return { proxy, requests, received: () => received };
}

function post(proxy: TestProxy, length: number): Promise<{ status: number; body: string }> {
  return ask(proxy.port, {
    method: 'POST',
    path,
    headers: ['Content-Length', String(length)],
    body: Buffer.alloc(length),
  });
}

describe('a body whose length is declared', () => {
  test('passes up to the limit and not one byte beyond it', async () => {
    const { proxy, requests } = await startWatched(['--max-body-size=1Ki']);
    expect(await post(proxy, 1024)).toMatchObject({ status: 200, body: '1024' });
    const refused = await post(proxy, 1025);
    expect(refused.status).toBe(413);
    expect(JSON.parse(refused.body)).toEqual({
      errorCode: 'ERR_DIRECT_INVOKE',
      message: 'failed to invoke, id: up, err: the request body is larger than 1024 bytes',
    });
    expect(requests).toHaveLength(1);
  });

  test('is refused before any of it is sent, and the connection is closed', async () => {
    const { proxy, requests } = await startWatched(['--max-body-size=1Ki']);
    const connection = await openRawConnection(proxy.port);
    connection.send(`POST ${path} HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000000\r\n\r\n`);
    const answer = await connection.receives('}');
    expect(answer).toMatch(/^HTTP\/1\.1 413 Payload Too Large\r\n/);
    expect(answer).toMatch(/\r\nConnection: close\r\n/i);
    await connection.closed();
    expect(requests).toEqual([]);
  });

  test('is refused over HTTP/2 too', async () => {
    const { proxy, requests } = await startWatched(['--max-body-size=1Ki']);
    const headers = { ':method': 'POST', ':path': path, 'content-length': '2000' };
    const stream = openH2c(proxy.port).request(headers, { endStream: false });
    const answer = await collectH2c(stream);
    expect(answer.status).toBe(413);
    expect(requests).toEqual([]);
  });
});

describe('a body whose length nobody said', () => {
  test('passes up to the limit', async () => {
    const { proxy } = await startWatched(['--max-body-size=1Ki']);
    const connection = await openRawConnection(proxy.port);
    connection.send(`POST ${path} HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n`);
    connection.send(`400\r\n${'x'.repeat(1024)}\r\n0\r\n\r\n`);
    expect(await connection.receives('1024')).toMatch(/^HTTP\/1\.1 200 OK/);
  });

  test('beyond it is 413, and the upstream sees the call break off', async () => {
    const { proxy, requests } = await startWatched(['--max-body-size=1Ki']);
    const connection = await openRawConnection(proxy.port);
    connection.send(`POST ${path} HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n`);
    connection.send(`400\r\n${'x'.repeat(1024)}\r\n`);
    await waitUntil(() => requests.length === 1);
    connection.send('1\r\nx\r\n0\r\n\r\n');
    const answer = await connection.receives('}');
    expect(answer).toMatch(/^HTTP\/1\.1 413 Payload Too Large\r\n/);
    expect(answer).toContain('the request body is larger than 1024 bytes');
    await waitUntil(() => requests[0]?.destroyed === true);
    expect(requests[0]?.complete).toBe(false);
  });

  test('beyond it after the answer has begun cuts the connection', async () => {
    const upstream = await startUpstream((request, response) => {
      response.writeHead(200).write('begun');
      request.on('error', () => {}).resume();
    });
    const resources = { 'up.yaml': httpEndpoint('up', upstream.origin) };
    const proxy = await startTestProxy({ resources, args: ['--max-body-size=1Ki'] });
    const connection = await openRawConnection(proxy.port);
    connection.send(`POST ${path} HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n`);
    await connection.receives('begun');
    connection.send(`800\r\n${'x'.repeat(2048)}\r\n`);
    await connection.closed();
    expect(connection.received).not.toMatch(/\r\n0\r\n\r\n$/);
    expect(connection.received).not.toContain('ERR_DIRECT_INVOKE');
  });

  test('beyond it over HTTP/2 is 413', async () => {
    const { proxy } = await startWatched(['--max-body-size=1Ki']);
    const stream = openH2c(proxy.port).request({ ':method': 'POST', ':path': path }, { endStream: false });
    const answer = collectH2c(stream);
    stream.end(Buffer.alloc(5000));
    expect((await answer).status).toBe(413);
  });
});

describe('the value of the flag', () => {
  test('is 4 Mi when it is absent or -1', async () => {
    for (const args of [[], ['--max-body-size=-1']]) {
      const { proxy } = await startWatched(args);
      expect(await post(proxy, 4 * mebibyte)).toMatchObject({ status: 200, body: String(4 * mebibyte) });
      expect((await post(proxy, 4 * mebibyte + 1)).status).toBe(413);
    }
  });

  test('is no limit when it is 0', async () => {
    const { proxy, received } = await startWatched(['--max-body-size=0']);
    expect(await post(proxy, 20 * mebibyte)).toMatchObject({ status: 200, body: String(20 * mebibyte) });
    expect(received()).toBe(20 * mebibyte);
  });

  test('limits requests, not answers', async () => {
    const upstream = await startUpstream((_request, response) => response.end(Buffer.alloc(5 * mebibyte, 'x')));
    const resources = { 'up.yaml': httpEndpoint('up', upstream.origin) };
    const proxy = await startTestProxy({ resources, args: ['--max-body-size=1Ki'] });
    expect((await ask(proxy.port, { path })).body).toHaveLength(5 * mebibyte);
  });
});

test('with --dapr-error-statuses a body too large is 500', async () => {
  const { proxy } = await startWatched(['--max-body-size=1Ki', '--dapr-error-statuses']);
  const answer = await ask(proxy.port, {
    method: 'POST',
    path,
    headers: ['Content-Length', '2000'],
    body: Buffer.alloc(2000),
  });
  expect(answer.status).toBe(500);
  expect(errorOf(answer).errorCode).toBe('ERR_DIRECT_INVOKE');
});

/** An upstream that fails in the middle never leaves the caller with a body that looks whole; one that fails before is a 502. */
import type { Socket } from 'node:net';
import { connect } from 'node:net';
import { describe, expect, test } from 'vitest';
import { ask, errorOf } from '../support/ask.ts';
import { curl } from '../support/curl.ts';
import { collectH2c, openH2c } from '../support/h2c-client.ts';
import { httpEndpoint } from '../support/http-endpoint.ts';
import { openRawConnection } from '../support/raw-connection.ts';
import { startTestProxy, type TestProxy } from '../support/start-test-proxy.ts';
import { startRawUpstream } from '../support/start-upstream.ts';

const path = '/v1.0/invoke/up/method/x';

interface Broken {
  readonly proxy: TestProxy;
  /** The upstream's side of each connection. */
  readonly sockets: readonly Socket[];
}

/** The upstream says this to each request, and then waits to be broken. */
async function startSaying(text: string): Promise<Broken> {
  const sockets: Socket[] = [];
  const upstream = await startRawUpstream((socket) => {
    sockets.push(socket);
    socket.on('data', () => void socket.write(text, 'latin1'));
  });
  return { sockets, proxy: await startTestProxy({ resources: { 'up.yaml': httpEndpoint('up', upstream.origin) } }) };
}

/** Each way to say half an answer. */
const halves = {
  'with a length': 'HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf!',
  'in chunks': 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhalf!\r\n',
};

/** Each way to break off. */
const endings: Readonly<Record<string, (socket: Socket) => void>> = {
  closes: (socket) => socket.end(),
  resets: (socket) => socket.resetAndDestroy(),
};

const cases = Object.entries(halves).flatMap(([kind, half]) =>
  Object.entries(endings).map(([ending, breakOff]) => ({ name: `${kind}, and ${ending}`, half, breakOff })),
);

describe.for(cases)('an upstream that sends half a body $name', ({ half, breakOff }) => {
  test('ends the connection of an HTTP/1.1 caller', async () => {
    const { proxy, sockets } = await startSaying(half);
    const connection = await openRawConnection(proxy.port);
    connection.send(`GET ${path} HTTP/1.1\r\nHost: x\r\n\r\n`);
    await connection.receives('half!');
    breakOff(sockets[0] as Socket);
    await connection.closed();
    expect(connection.received).toMatch(/^HTTP\/1\.1 200 OK\r\n/);
    expect(connection.received).not.toMatch(/\r\n0\r\n\r\n$/);
    expect(connection.received).not.toContain('ERR_DIRECT_INVOKE');
  });

  test('resets the connection of an HTTP/1.0 caller, to whom a plain close would look whole', async () => {
    const { proxy, sockets } = await startSaying(half);
    const socket = connect({ host: '127.0.0.1', port: proxy.port });
    const outcome = new Promise<string>((resolve) => {
      socket.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? ''));
      socket.once('end', () => resolve('looks whole'));
    });
    const isHere = new Promise<void>((resolve) => {
      socket.setEncoding('latin1').on('data', (text: string) => {
        if (text.includes('half!')) resolve();
      });
    });
    socket.write(`GET ${path} HTTP/1.0\r\n\r\n`);
    await isHere;
    breakOff(sockets[0] as Socket);
    expect(await outcome).toBe('ECONNRESET');
    socket.destroy();
  });

  test('resets the stream of an HTTP/2 caller, and the connection serves on', async () => {
    const { proxy, sockets } = await startSaying(half);
    const session = openH2c(proxy.port);
    const stream = session.request({ ':path': path });
    const answer = collectH2c(stream);
    stream.once('data', () => breakOff(sockets[0] as Socket));
    expect(await answer).toMatchObject({ status: 200, body: 'half!', resetCode: 2 });
    const health = session.request({ ':path': '/v1.0/healthz' });
    expect((await collectH2c(health)).status).toBe(204);
  });

  test('is an error to curl', async () => {
    const { proxy, sockets } = await startSaying(half);
    const result = curl('--no-buffer', `${proxy.origin}${path}`);
    await expect.poll(() => sockets[0]?.bytesWritten).toBe(half.length);
    breakOff(sockets[0] as Socket);
    expect([18, 56]).toContain((await result).exitCode);
  });

  test('is kept for the log once, as a warning that names the endpoint', async () => {
    const { proxy, sockets } = await startSaying(half);
    const connection = await openRawConnection(proxy.port);
    connection.send(`GET ${path} HTTP/1.1\r\nHost: x\r\n\r\n`);
    await connection.receives('half!');
    breakOff(sockets[0] as Socket);
    await connection.closed();
    const warnings = proxy.lines.filter(({ level, message }) => level === 'warn' && message === 'request failed');
    expect(warnings).toMatchObject([{ fields: { target: 'up', kind: 'endpoint', isAnswerBegun: true } }]);
    expect(warnings[0]?.fields['code']).toMatch(/^upstream-/);
  });
});

describe('an upstream that fails before it answers', () => {
  test.for([
    ['closes', 'upstream', (socket: Socket): void => void socket.end()],
    ['resets', 'upstream', (socket: Socket): void => void socket.resetAndDestroy()],
    [
      'says half a head and closes',
      'upstream',
      (socket: Socket): void => void socket.end('HTTP/1.1 200 OK\r\nX-A: b\r\n'),
    ],
    ['says what is no HTTP', 'HTTP', (socket: Socket): void => void socket.end('SSH-2.0-OpenSSH_9\r\n')],
  ] as const)("%s: 502 with Dapr's body", async ([, word, act]) => {
    const upstream = await startRawUpstream((socket) => {
      socket.once('data', () => act(socket));
    });
    const proxy = await startTestProxy({ resources: { 'up.yaml': httpEndpoint('up', upstream.origin) } });
    const answer = await ask(proxy.port, { path });
    expect(answer).toMatchObject({ status: 502, headers: { 'content-type': 'application/json' } });
    expect(errorOf(answer).errorCode).toBe('ERR_DIRECT_INVOKE');
    expect(errorOf(answer).message).toMatch(new RegExp(`^failed to invoke, id: up, err: .*${word}`));
    expect(answer.body).not.toContain('127.0.0.1');
  });

  test('refuses the connection, or has no name: 502', async () => {
    const resources = {
      'refused.yaml': httpEndpoint('refused', 'http://127.0.0.1:1'),
      'nameless.yaml': httpEndpoint('nameless', 'http://does-not-exist.invalid'),
    };
    const proxy = await startTestProxy({ resources });
    const refused = await ask(proxy.port, { path: '/v1.0/invoke/refused/method/x' });
    expect(refused.status).toBe(502);
    expect(errorOf(refused).message).toBe(
      'failed to invoke, id: refused, err: could not connect: connection refused (ECONNREFUSED)',
    );
    const nameless = await ask(proxy.port, { path: '/v1.0/invoke/nameless/method/x' });
    expect(nameless.status).toBe(502);
    expect(errorOf(nameless).message).toMatch(/^failed to invoke, id: nameless, err: could not resolve the host name/);
  });

  test('never answers: 504 after --upstream-response-timeout', async () => {
    const upstream = await startRawUpstream(() => {});
    const proxy = await startTestProxy({
      resources: { 'up.yaml': httpEndpoint('up', upstream.origin) },
      args: ['--upstream-response-timeout=100ms'],
    });
    const answer = await ask(proxy.port, { path });
    expect(answer.status).toBe(504);
    expect(errorOf(answer).message).toMatch(
      /^failed to invoke, id: up, err: timed out waiting for the response headers/,
    );
  });

  test('falls silent inside its body: the caller is cut off after --upstream-idle-timeout', async () => {
    const upstream = await startRawUpstream((socket) => {
      socket.on('data', () => void socket.write(halves['with a length']));
    });
    const proxy = await startTestProxy({
      resources: { 'up.yaml': httpEndpoint('up', upstream.origin) },
      args: ['--upstream-idle-timeout=100ms'],
    });
    const connection = await openRawConnection(proxy.port);
    connection.send(`GET ${path} HTTP/1.1\r\nHost: x\r\n\r\n`);
    await connection.closed();
    expect(connection.received).toMatch(/\r\n\r\nhalf!$/);
  });
});

/** What a graceful shutdown does to requests and connections that are there when it begins. */
import { connect } from 'node:net';
import { request as httpRequest, type IncomingMessage, type ServerResponse } from 'node:http';
import { describe, expect, onTestFinished, test } from 'vitest';
import { WebSocket, WebSocketServer } from 'ws';
import { ask } from '../support/ask.ts';
import { collectH2c, openH2c } from '../support/h2c-client.ts';
import { httpEndpoint } from '../support/http-endpoint.ts';
import { openRawConnection } from '../support/raw-connection.ts';
import { startTestProxy, waitUntil, type TestProxy } from '../support/start-test-proxy.ts';
import { listenUntilTestEnds, startUpstream } from '../support/start-upstream.ts';
import { createServer } from 'node:http';

interface Held {
  readonly proxy: TestProxy;
  /** Responses that wait, by path. */
  readonly responses: ReadonlyMap<string, ServerResponse>;
  /** Whether the proxy has ended, and how. */
  outcome: string;
}

/** An upstream that answers when the test says so. */
async function startHeld(args: readonly string[] = []): Promise<Held> {
  const responses = new Map<string, ServerResponse>();
  const upstream = await startUpstream((request, response) => {
    request.resume();
    responses.set(request.url ?? '', response);
  });
  const resources = { 'far.yaml': httpEndpoint('far', upstream.origin) };
  const proxy = await startTestProxy({ resources, args: ['--dapr-graceful-shutdown-seconds=0', ...args] });
  const held = { proxy, responses, outcome: '' };
  void proxy.running.ended.then((outcome) => (held.outcome = outcome));
  return held;
}

const path = (name: string): string => `/v1.0/invoke/far/method/${name}`;

async function canConnect(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: '127.0.0.1', port });
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
    socket.once('connect', () => socket.destroy());
  });
}

/** Begins the shutdown and resolves when no new connection is accepted. */
async function drain({ proxy }: Held): Promise<void> {
  proxy.running.shutdown();
  await waitUntil(async () => !(await canConnect(proxy.port)));
}

describe('a shutdown', () => {
  test('lets a request without an answer yet finish, and closes its connection with Connection: close', async () => {
    const held = await startHeld();
    const connection = await openRawConnection(held.proxy.port);
    connection.send(`GET ${path('a')} HTTP/1.1\r\nHost: x\r\n\r\n`);
    await waitUntil(() => held.responses.has('/a'));
    await drain(held);
    expect(held.outcome).toBe('');
    held.responses.get('/a')?.end('whole');
    await connection.closed();
    expect(connection.received).toMatch(/^HTTP\/1\.1 200 OK\r\n/);
    expect(connection.received).toMatch(/\r\nConnection: close\r\n/i);
    expect(connection.received).toContain('whole');
    await waitUntil(() => held.outcome === 'graceful');
  });

  test('lets an answer that has begun finish, then closes its connection', async () => {
    const held = await startHeld();
    const connection = await openRawConnection(held.proxy.port);
    connection.send(`GET ${path('events')} HTTP/1.1\r\nHost: x\r\nAccept: text/event-stream\r\n\r\n`);
    await waitUntil(() => held.responses.has('/events'));
    const events = held.responses.get('/events');
    events?.writeHead(200, { 'Content-Type': 'text/event-stream' }).write('data: one\n\n');
    await connection.receives('data: one');
    await drain(held);
    events?.write('data: two\n\n');
    await connection.receives('data: two');
    expect(held.outcome).toBe('');
    events?.end('data: three\n\n');
    await connection.closed();
    expect(connection.received).toMatch(/data: three\n\n\r\n0\r\n\r\n$/);
    await waitUntil(() => held.outcome === 'graceful');
  });

  test('lets an upload finish', async () => {
    const held = await startHeld();
    const answer = new Promise<IncomingMessage>((resolve, reject) => {
      const request = httpRequest({
        port: held.proxy.port,
        host: '127.0.0.1',
        path: path('up'),
        method: 'POST',
        agent: false,
      });
      request.on('error', reject).on('response', resolve);
      request.write('first half, ');
      void waitUntil(() => held.responses.has('/up'))
        .then(() => drain(held))
        .then(() => request.end('second half'));
    });
    await waitUntil(() => held.responses.get('/up')?.req.complete === true);
    held.responses.get('/up')?.end('thanks');
    expect((await answer).statusCode).toBe(200);
    await waitUntil(() => held.outcome === 'graceful');
  });

  test('closes idle kept connections at once', async () => {
    const held = await startHeld();
    const idle = await openRawConnection(held.proxy.port);
    idle.send('GET /v1.0/healthz/outbound HTTP/1.1\r\nHost: x\r\n\r\n');
    await idle.receives('204 No Content');
    const busy = ask(held.proxy.port, { path: path('busy') });
    await waitUntil(() => held.responses.has('/busy'));
    held.proxy.running.shutdown();
    await idle.closed();
    expect(held.outcome).toBe('');
    held.responses.get('/busy')?.end('done');
    expect((await busy).body).toBe('done');
  });

  test('serves what waits in line behind --app-max-concurrency', async () => {
    const held = await startHeld(['--app-max-concurrency=1']);
    const first = ask(held.proxy.port, { path: path('first') });
    await waitUntil(() => held.responses.has('/first'));
    const second = ask(held.proxy.port, { path: path('second') });
    // The second one is in line when a third one, sent after it, has been answered by the proxy itself.
    await ask(held.proxy.port, { path: '/v1.0/healthz/outbound' });
    await drain(held);
    held.responses.get('/first')?.end('1');
    await waitUntil(() => held.responses.has('/second'));
    held.responses.get('/second')?.end('2');
    expect([(await first).body, (await second).body]).toEqual(['1', '2']);
    await waitUntil(() => held.outcome === 'graceful');
  });

  test('does not cut an answer that a slow caller has yet to read', async () => {
    const held = await startHeld();
    const size = 16 * 1024 * 1024;
    const response = await new Promise<IncomingMessage>((resolve, reject) => {
      const request = httpRequest({ port: held.proxy.port, host: '127.0.0.1', path: path('big'), agent: false });
      request.on('error', reject).on('response', resolve).end();
      void waitUntil(() => held.responses.has('/big')).then(() => held.responses.get('/big')?.end(Buffer.alloc(size)));
    });
    response.pause();
    await drain(held);
    let received = 0;
    for await (const piece of response) received += (piece as Buffer).length;
    expect(received).toBe(size);
    await waitUntil(() => held.outcome === 'graceful');
  });

  test('lets an HTTP/2 call finish and opens no other on its connection', async () => {
    const held = await startHeld();
    const session = openH2c(held.proxy.port);
    const stream = session.request({ ':path': path('a') });
    const answer = collectH2c(stream);
    await waitUntil(() => held.responses.has('/a'));
    await drain(held);
    await waitUntil(() => session.closed || session.destroyed);
    held.responses.get('/a')?.end('whole');
    expect(await answer).toMatchObject({ status: 200, body: 'whole', resetCode: 0 });
    await waitUntil(() => held.outcome === 'graceful' && session.destroyed);
  });

  test('lets a WebSocket go on until it is closed', async () => {
    const sockets = new WebSocketServer({ noServer: true });
    const server = createServer().on('upgrade', (request, socket, head) => {
      sockets.handleUpgrade(request, socket, head, (client) => client.on('message', (text) => client.send(text)));
    });
    const origin = `http://127.0.0.1:${await listenUntilTestEnds(server)}`;
    const proxy = await startTestProxy({
      resources: { 'far.yaml': httpEndpoint('far', origin) },
      args: ['--dapr-graceful-shutdown-seconds=0'],
    });
    const held: Held = { proxy, responses: new Map(), outcome: '' };
    void proxy.running.ended.then((outcome) => (held.outcome = outcome));
    const socket = new WebSocket(`ws://127.0.0.1:${proxy.port}${path('ws')}`);
    onTestFinished(() => socket.terminate());
    await new Promise((resolve) => socket.once('open', resolve));
    await drain(held);
    const echo = new Promise((resolve) => socket.once('message', (text: Buffer) => resolve(text.toString())));
    socket.send('still here');
    expect(await echo).toBe('still here');
    expect(held.outcome).toBe('');
    socket.close();
    await waitUntil(() => held.outcome === 'graceful');
  });
});

describe('at the end of the grace period', () => {
  test('what still runs is cut, so that it does not look whole', async () => {
    const held = await startHeld(['--dapr-graceful-shutdown-seconds=1']);
    const response = await new Promise<IncomingMessage>((resolve, reject) => {
      const request = httpRequest({ port: held.proxy.port, host: '127.0.0.1', path: path('a'), agent: false });
      request.on('error', reject).on('response', resolve).end();
      void waitUntil(() => held.responses.has('/a')).then(() => held.responses.get('/a')?.write('half'));
    });
    const upstreamSide = held.responses.get('/a');
    held.proxy.running.shutdown();
    const end = new Promise((resolve) =>
      response
        .resume()
        .once('error', resolve)
        .once('end', () => resolve('whole')),
    );
    expect(await end).toMatchObject({ message: 'aborted' });
    await waitUntil(() => held.outcome === 'forced');
    await waitUntil(() => upstreamSide?.destroyed === true);
    expect(held.proxy.lines.map(({ message }) => message)).toContain(
      'requests were cut at the end of the grace period',
    );
  });
});

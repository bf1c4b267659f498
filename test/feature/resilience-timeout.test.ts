/** A timeout policy limits the wait for the head of an answer. What follows the head takes its time. */
import type { ServerResponse } from 'node:http';
import { describe, expect, test } from 'vitest';
import { errorOf } from '../support/ask.ts';
import { httpEndpoint } from '../support/http-endpoint.ts';
import { openRawConnection } from '../support/raw-connection.ts';
import { resiliency } from '../support/resiliency.ts';
import {
  answering,
  echoing,
  startRetried,
  triesLogged,
  upPath,
  type Retried,
  type Turn,
} from '../support/start-retried.ts';
import { startTestProxy, waitUntil } from '../support/start-test-proxy.ts';
import { startRawUpstream } from '../support/start-upstream.ts';
import { openWebSocket, startWebSocketUpstream } from '../support/web-socket-upstream.ts';

const silent: Turn = (request) => void request.resume();

function startTimed(turns: readonly Turn[], args: readonly string[] = []): Promise<Retried> {
  return startRetried(turns, { policies: '{ timeouts: { t: 150ms } }', entry: '{ timeout: t }', args });
}

function startTimedAndRetried(turns: readonly Turn[], args: readonly string[] = []): Promise<Retried> {
  return startRetried(turns, {
    policies: '{ timeouts: { t: 150ms }, retries: { r: { policy: constant, duration: 1ms, maxRetries: 2 } } }',
    entry: '{ timeout: t, retry: r }',
    args,
  });
}

describe('an answer whose head does not come in time', () => {
  test('is 504, which names the policy and its time; the upstream is let go', async () => {
    const { seen, call } = await startTimed([silent]);
    const answer = await call();
    expect(answer.status).toBe(504);
    expect(errorOf(answer).message).toContain('no response headers within 150 ms (timeout policy "t")');
    await waitUntil(() => seen[0]?.socket.destroyed === true);
  });

  test('is what makes another try, and what comes of it later reaches nobody', async () => {
    const late: ServerResponse[] = [];
    const { seen, call, proxy } = await startTimedAndRetried([
      (_request, response) => void late.push(response),
      (_request, response) => void late.push(response),
      (_request, response) => {
        for (const one of late) one.end('late');
        response.end('in time');
      },
    ]);
    expect(await call()).toMatchObject({ status: 200, body: 'in time' });
    expect(seen).toHaveLength(3);
    expect(proxy.lines.filter(({ level }) => level === 'error')).toEqual([]);
  });

  test('is not waited for again by a POST that the upstream may have served', async () => {
    const { seen, call } = await startTimedAndRetried([silent, answering(200)]);
    expect((await call({ method: 'POST', body: 'paid' })).status).toBe(504);
    expect(seen).toHaveLength(1);
  });

  test('is 504 too when the upstream sends informational answers meanwhile', async () => {
    const { call } = await startTimed([
      (_request, response) => response.writeEarlyHints({ link: '</a>; rel=preload' }),
    ]);
    expect((await call()).status).toBe(504);
  });

  test('is 504 when a connection is not to be had in time', async () => {
    const upstream = await startRawUpstream((socket) => void socket.pause());
    const proxy = await startTestProxy({
      resources: {
        'up.yaml': httpEndpoint('up', `https://127.0.0.1:${upstream.port}`),
        'r.yaml': resiliency('{ timeouts: { t: 150ms } }', '{ up: { timeout: t } }'),
      },
    });
    const caller = await openRawConnection(proxy.port);
    caller.send(`GET ${upPath} HTTP/1.1\r\nHost: x\r\n\r\n`);
    expect(await caller.receives('timeout policy')).toMatch(/^HTTP\/1\.1 504 /);
  });

  test.for([
    ['an endpoint', 'up'],
    ['the application', 'orders'],
  ])('is waited for again by a POST to %s when nothing was sent for want of a connection', async ([, target]) => {
    const upstream = await startRawUpstream((socket) => void socket.pause());
    const policies = '{ timeouts: { t: 150ms }, retries: { r: { duration: 1ms, maxRetries: 2 } } }';
    const entry = '{ timeout: t, retry: r }';
    const proxy = await startTestProxy({
      args: [`--app-port=${upstream.port}`, '--app-protocol=https'],
      resources: {
        'up.yaml': httpEndpoint('up', `https://127.0.0.1:${upstream.port}`),
        'r.yaml': resiliency(policies, `{ up: ${entry}, orders: ${entry} }`),
      },
    });
    const caller = await openRawConnection(proxy.port);
    caller.send(`POST /v1.0/invoke/${target}/method/x HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\npaid`);
    expect(await caller.receives('timeout policy')).toMatch(/^HTTP\/1\.1 504 /);
    expect(triesLogged(proxy)).toEqual(['a call is tried again']);
  });
});

describe('an answer whose head came in time', () => {
  test('is never cut by the policy: event streams and long downloads take their time', async () => {
    let stream: ServerResponse | null = null;
    const { proxy } = await startTimedAndRetried([
      (_request, response) => {
        stream = response;
        response.writeHead(200, { 'Content-Type': 'text/event-stream' });
        response.write('data: 1\n\n');
      },
      answering(504),
    ]);
    const caller = await openRawConnection(proxy.port);
    caller.send(`GET ${upPath} HTTP/1.1\r\nHost: x\r\n\r\n`);
    await caller.receives('data: 1');
    // Other calls run into the limit meanwhile, so it has passed for this one.
    const other = await startTimed([silent]);
    expect((await other.call()).status).toBe(504);
    expect((await other.call()).status).toBe(504);
    (stream as ServerResponse | null)?.write('data: 2\n\n');
    expect(await caller.receives('data: 2')).toMatch(/^HTTP\/1\.1 200 OK/);
    (stream as ServerResponse | null)?.end();
    expect(await caller.receives('\r\n0\r\n\r\n')).toContain('data: 2');
  });

  test.for([
    ['with policies', startTimedAndRetried],
    ['without any', (turns: readonly Turn[], args: readonly string[]) => startRetried(turns, { entry: '{}', args })],
  ] as const)('is cut when its body pauses for longer than --upstream-idle-timeout, %s', async ([, start]) => {
    const { proxy, seen } = await start(
      [
        (_request, response) => {
          response.writeHead(200, { 'Content-Length': '10' });
          response.write('half');
        },
      ],
      ['--upstream-idle-timeout=200ms'],
    );
    const caller = await openRawConnection(proxy.port);
    caller.send(`GET ${upPath} HTTP/1.1\r\nHost: x\r\n\r\n`);
    await caller.closed();
    expect(caller.received).toMatch(/\r\n\r\nhalf$/);
    expect(seen).toHaveLength(1);
  });
});

describe('a caller who is slow', () => {
  test('to send the body is told so, the upstream is not to blame and not asked again', async () => {
    const { proxy, seen } = await startTimedAndRetried([echoing]);
    const caller = await openRawConnection(proxy.port);
    caller.send(`PUT ${upPath} HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n01234`);
    const received = await caller.receives('timeout policy');
    expect(received).toMatch(/^HTTP\/1\.1 408 /);
    expect(received).toContain('the request body did not arrive within 150 ms');
    expect(seen).toHaveLength(1);
  });

  test('to read the answer gets all of it', async () => {
    const { proxy } = await startTimed([(_request, response) => response.end(Buffer.alloc(4_000_000, 'x'))]);
    const caller = await openRawConnection(proxy.port);
    caller.socket.pause();
    caller.send(`GET ${upPath} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`);
    const other = await startTimed([silent]);
    expect((await other.call()).status).toBe(504);
    caller.socket.resume();
    await caller.closed();
    expect(caller.received.length).toBeGreaterThan(4_000_000);
  });
});

test('the wait for a slot of --app-max-concurrency counts too', async () => {
  const endless: Turn = (_request, response) => void response.writeHead(200).write('on and on');
  const { proxy, call, seen } = await startTimed([endless], ['--app-max-concurrency=1']);
  const first = await openRawConnection(proxy.port);
  first.send(`GET ${upPath} HTTP/1.1\r\nHost: x\r\n\r\n`);
  await first.receives('on and on');
  const answer = await call();
  expect(answer.status).toBe(504);
  expect(errorOf(answer).message).toContain('no other call to the target ended within 150 ms');
  expect(seen).toHaveLength(1);
  first.socket.destroy();
});

describe('a WebSocket handshake', () => {
  const policies = resiliency('{ timeouts: { t: 150ms } }', '{ up: { timeout: t } }');

  test('that is not answered in time is 504', async () => {
    const upstream = await startRawUpstream(() => undefined);
    const proxy = await startTestProxy({
      resources: { 'up.yaml': httpEndpoint('up', upstream.origin), 'r.yaml': policies },
    });
    await expect(openWebSocket(`ws://127.0.0.1:${proxy.port}${upPath}`)).rejects.toThrow('refused: 504');
  });

  test('that is answered opens a connection without a limit', async () => {
    const upstream = await startWebSocketUpstream();
    const proxy = await startTestProxy({
      resources: { 'up.yaml': httpEndpoint('up', upstream.origin), 'r.yaml': policies },
    });
    const client = await openWebSocket(`ws://127.0.0.1:${proxy.port}${upPath}`);
    const other = await startTimed([silent]);
    expect((await other.call()).status).toBe(504);
    client.socket.send('still there');
    await waitUntil(() => client.messages.length === 1);
  });
});

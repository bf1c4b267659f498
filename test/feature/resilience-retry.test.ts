/** Calls are tried again as a Resiliency says: after which ends, how often, and what the caller gets in the end. */
import { createServer } from 'node:http';
import { describe, expect, onTestFinished, test } from 'vitest';
import { ask, errorOf } from '../support/ask.ts';
import { parseExposition } from '../support/exposition.ts';
import { httpEndpoint } from '../support/http-endpoint.ts';
import { rawExchange } from '../support/raw-exchange.ts';
import {
  answering,
  echoing,
  resetting,
  retriedManifest,
  soon,
  startRetried,
  triesLogged,
  upPath,
  type Turn,
} from '../support/start-retried.ts';
import { startTestProxy, waitUntil, type TestProxy } from '../support/start-test-proxy.ts';

const ok = answering(200);
const busy = answering(503);
/** Takes the request and closes without a word. */
const closing: Turn = (request) => void request.socket.end();
const halfHead: Turn = (request) => void request.socket.end('HTTP/1.1 200 OK\r\nX: ');

async function counted(proxy: TestProxy, family: string): Promise<readonly unknown[]> {
  const { body } = await ask(proxy.running.metricsPort ?? 0, { path: '/' });
  const samples = parseExposition(body).get(family)?.samples ?? [];
  return samples.map(({ labels, value }) => ({ ...labels, value }));
}

describe('a call is tried again', () => {
  test.for([
    ['resets the connection', resetting],
    ['closes the connection', closing],
    ['breaks off inside the head', halfHead],
    ['speaks something else', (request) => void request.socket.end('220 mail\r\n\r\n')],
    ['answers 500', answering(500)],
    ['answers 503', busy],
    ['answers 408', answering(408)],
    ['answers 425', answering(425)],
    ['answers 429', answering(429)],
  ] as readonly (readonly [string, Turn])[])('when the upstream %s', async ([, turn]) => {
    const { proxy, seen, call } = await startRetried([turn, turn, answering(200)]);
    expect(await call()).toMatchObject({ status: 200, body: 'answer 1' });
    expect(seen).toHaveLength(3);
    expect(triesLogged(proxy)).toEqual(['a call is tried again', 'a call went well in the end']);
  });

  test('when the upstream refuses the connection, until it is there', async () => {
    const server = createServer((_request, response) => response.end('there'));
    const port = await new Promise<number>((resolve) => {
      const scout = createServer().listen(0, '127.0.0.1', () => {
        const address = scout.address();
        scout.close(() => resolve(address !== null && typeof address === 'object' ? address.port : 0));
      });
    });
    const proxy = await startTestProxy({
      resources: {
        'up.yaml': httpEndpoint('up', `http://127.0.0.1:${port}`),
        'r.yaml': retriedManifest({ policy: 'policy: constant, duration: 5ms' }),
      },
    });
    const answer = ask(proxy.port, { path: upPath, method: 'POST', body: 'paid' });
    await waitUntil(() => triesLogged(proxy).length === 1);
    onTestFinished(() => void server.close());
    server.listen(port, '127.0.0.1');
    expect(await answer).toMatchObject({ status: 200, body: 'there' });
    server.closeAllConnections();
  });

  test('as often as the policy says, and the last answer is passed on as it is', async () => {
    const { proxy, seen, call } = await startRetried([busy, busy, busy, answering(502, { 'X-Why': 'tired' })]);
    expect(await call()).toMatchObject({ status: 502, body: 'answer 1', headers: { 'x-why': 'tired' } });
    expect(seen).toHaveLength(4);
    expect(triesLogged(proxy)).toEqual(['a call is tried again']);
  });

  test('many times without leaving listeners behind', async () => {
    const warnings: Error[] = [];
    const keep = (warning: Error): void => void warnings.push(warning);
    process.on('warning', keep);
    onTestFinished(() => void process.off('warning', keep));
    const { seen, call } = await startRetried([busy], { policy: 'duration: 0s, maxRetries: 40' });
    expect((await call({ method: 'PUT', body: 'kept' })).status).toBe(503);
    expect(seen).toHaveLength(41);
    await new Promise(setImmediate);
    expect(warnings).toEqual([]);
  });

  test('and the last failure is answered as without policies', async () => {
    const { seen, call } = await startRetried([resetting]);
    const answer = await call();
    expect(answer.status).toBe(502);
    expect(errorOf(answer).errorCode).toBe('ERR_DIRECT_INVOKE');
    expect(seen).toHaveLength(4);
  });

  test('through a target that comes and goes', async () => {
    let count = 0;
    const flapping: Turn = (request, response) => {
      count += 1;
      (count % 3 === 0 ? ok : count % 3 === 1 ? busy : resetting)(request, response);
    };
    const { call, seen } = await startRetried([flapping]);
    const answers = [];
    for (let calls = 0; calls < 20; calls += 1) answers.push((await call()).status);
    expect(answers).toEqual(Array.from({ length: 20 }, () => 200));
    expect(seen).toHaveLength(60);
  });

  test('after the time that the upstream asks for, in seconds or as a date', async () => {
    const inTwoSeconds = new Date(Math.ceil(Date.now() / 1000) * 1000 + 1_000).toUTCString();
    const { seen, call, proxy } = await startRetried([
      answering(429, { 'Retry-After': '1' }),
      answering(503, { 'Retry-After': inTwoSeconds }),
      answering(503, { 'Retry-After': 'Mon, 01 Jan 2001 00:00:00 GMT' }),
      answering(200),
    ]);
    expect((await call()).status).toBe(200);
    expect(seen).toHaveLength(4);
    expect(proxy.lines.find(({ message }) => message === 'a call is tried again')?.fields['delayMs']).toBe(1_000);
  });
});

describe('a call is not tried again', () => {
  test.for([200, 204, 301, 304, 400, 401, 403, 404, 409, 413, 422])('after %d', async (status) => {
    const { seen, call } = await startRetried([answering(status), ok]);
    expect((await call()).status).toBe(status);
    expect(seen).toHaveLength(1);
  });

  test('when its answer has begun', async () => {
    const { proxy, seen } = await startRetried([
      (request) => void request.socket.end('HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf'),
    ]);
    const received = await rawExchange(proxy.port, `GET ${upPath} HTTP/1.1\r\nHost: x\r\n\r\n`);
    expect(received).toMatch(/\r\n\r\nhalf$/);
    expect(seen).toHaveLength(1);
    expect(await counted(proxy, 'dapr_resiliency_retries_forgone_total')).toEqual([
      { app_id: 'orders', target: 'app_up', reason: 'answer-begun', value: 1 },
    ]);
  });

  test('when the upstream asks for more time than the longest interval: its answer is passed on', async () => {
    const { proxy, seen, call } = await startRetried([answering(503, { 'Retry-After': '3600' }), ok]);
    expect(await call()).toMatchObject({ status: 503, body: 'answer 1', headers: { 'retry-after': '3600' } });
    expect(seen).toHaveLength(1);
    expect(await counted(proxy, 'dapr_resiliency_retries_forgone_total')).toEqual([
      { app_id: 'orders', target: 'app_up', reason: 'retry-after', value: 1 },
    ]);
  });

  test('when its entry names no policy', async () => {
    const { seen, proxy } = await startRetried([busy], { entry: '{}' });
    expect((await ask(proxy.port, { path: upPath })).status).toBe(503);
    expect(seen).toHaveLength(1);
  });
});

describe('a POST', () => {
  const post = { method: 'POST', body: 'paid' };

  test.for([
    ['answers 503', busy],
    ['answers 500', answering(500)],
    ['resets the connection', resetting],
    ['closes the connection', closing],
  ] as const)('is not sent again when the upstream %s: it may have been served', async ([, turn]) => {
    const { seen, call } = await startRetried([turn, ok]);
    expect((await call(post)).status).toBeGreaterThanOrEqual(500);
    expect(seen).toHaveLength(1);
  });

  test.for([425, 429])('is sent again after %d, which says that it was not served', async (status) => {
    const { seen, call } = await startRetried([answering(status), answering(201)]);
    expect((await call(post)).status).toBe(201);
    expect(seen).toHaveLength(2);
  });

  test('is sent again after what the policy lists', async () => {
    const policy = `${soon}, matching: { httpStatusCodes: "404, 502-504" }`;
    const { seen, call } = await startRetried([busy, answering(404), answering(500), ok], { policy });
    expect((await call(post)).status).toBe(500);
    expect(seen).toHaveLength(3);
  });

  test('is sent again when the policy names its method', async () => {
    const policy = `${soon}, matching: { httpMethods: "PATCH, POST" }`;
    const { seen, call } = await startRetried([busy, resetting, answering(200)], { policy });
    expect((await call(post)).status).toBe(200);
    expect(seen).toHaveLength(3);
  });

  test('is sent again when an Idempotency-Key makes it safe', async () => {
    const { seen, call } = await startRetried([busy, resetting, answering(200)]);
    expect((await call({ ...post, headers: ['Idempotency-Key', '42'] })).status).toBe(200);
    expect(seen.map(({ headers }) => headers['idempotency-key'])).toEqual(['42', '42', '42']);
  });
});

test('what was done is counted once a call, and each retry', async () => {
  const { proxy, call } = await startRetried([busy, busy, busy, answering(200), answering(200)]);
  await call();
  await call();
  const retry = {
    app_id: 'orders',
    name: 'limits',
    namespace: '',
    policy: 'retry',
    flow_direction: 'outbound',
    target: 'app_up',
    status: '',
  };
  expect(await counted(proxy, 'dapr_resiliency_count')).toEqual([{ ...retry, value: 2 }]);
  expect(await counted(proxy, 'dapr_resiliency_activations_total')).toEqual([{ ...retry, value: 1 }]);
  expect(await counted(proxy, 'dapr_resiliency_retries_total')).toEqual([
    { app_id: 'orders', target: 'app_up', value: 3 },
  ]);
});

test('a kept connection that breaks under a call costs it no retry, body or not', async () => {
  const policies = '{ retries: { r: { maxRetries: 0 } }, circuitBreakers: { c: { trip: totalFailures > 0 } } }';
  const turns = [answering(200), resetting, answering(200), resetting, echoing];
  const { proxy, seen, call } = await startRetried(turns, { policies, entry: '{ retry: r, circuitBreaker: c }' });
  expect((await call()).status).toBe(200);
  expect((await call()).status).toBe(200);
  expect(await call({ method: 'PUT', body: 'kept' })).toMatchObject({ status: 200, body: 'kept' });
  expect(seen).toHaveLength(5);
  expect(triesLogged(proxy)).toEqual([]);
});

test('a discarded answer leaves its connection for the next try; a long one is cut', async () => {
  const long: Turn = (_request, response) => {
    response.writeHead(503);
    const pump = (): void => void response.write(Buffer.alloc(64 * 1024), (error) => (error ? undefined : pump()));
    pump();
  };
  const { seen, call } = await startRetried([answering(503, { 'Content-Length': '8' }), long, answering(200)]);
  expect((await call()).status).toBe(200);
  expect(seen).toHaveLength(3);
  await waitUntil(() => seen[1]?.socket.destroyed === true);
});

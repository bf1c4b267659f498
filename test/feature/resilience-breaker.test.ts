/** A circuit breaker keeps calls off an upstream that fails, and lets them through again when it has recovered. */
import type { RequestListener, ServerResponse } from 'node:http';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { ask, errorOf, type Answer } from '../support/ask.ts';
import { curl } from '../support/curl.ts';
import { httpEndpoint } from '../support/http-endpoint.ts';
import type { LogLine } from '../support/memory-logger.ts';
import { openRawConnection } from '../support/raw-connection.ts';
import { resiliency } from '../support/resiliency.ts';
import { startTestProxy, waitUntil, type TestProxy, type TestProxyOptions } from '../support/start-test-proxy.ts';
import { startUpstream } from '../support/start-upstream.ts';

/** Opens at the third failure in a row. */
const minute = 'trip: consecutiveFailures >= 3, timeout: 60s';

const breaker = (rule: string, targets = '{ up: { circuitBreaker: cb } }'): string =>
  resiliency(`{ circuitBreakers: { cb: { ${rule} } } }`, targets);

interface Stage {
  readonly proxy: TestProxy;
  /** Requests that reached the upstream. */
  readonly calls: () => number;
  readonly call: (target?: string) => Promise<Answer>;
}

/** One upstream behind the endpoints `up` and `other`; `policies` is a Resiliency. */
async function start(policies: string, serve: RequestListener, options: TestProxyOptions = {}): Promise<Stage> {
  let calls = 0;
  const upstream = await startUpstream((request, response) => {
    calls += 1;
    request.resume();
    serve(request, response);
  });
  const proxy = await startTestProxy({
    ...options,
    resources: {
      'up.yaml': httpEndpoint('up', upstream.origin),
      'other.yaml': httpEndpoint('other', upstream.origin),
      'policies.yaml': policies,
    },
  });
  return {
    proxy,
    calls: () => calls,
    call: (target = 'up') => ask(proxy.port, { path: `/v1.0/invoke/${target}/method/x` }),
  };
}

/** The states of a log, in order. */
function states(lines: readonly LogLine[]): readonly unknown[] {
  return lines.flatMap(({ message, fields }) =>
    message === 'circuit breaker changed its state' ? [fields['to']] : [],
  );
}

/** The breaker of an answer from the metadata. */
async function shownBreakers(proxy: TestProxy): Promise<unknown> {
  const { body } = await ask(proxy.port, { path: '/v1.0/metadata' });
  return (JSON.parse(body) as { circuitBreakers?: unknown }).circuitBreakers;
}

const failing: RequestListener = (_request, response) => void response.writeHead(500).end('broken');

const good: RequestListener = (_request, response) => void response.end('fine');

/** From here on opossum's timer ends when the test says so; sockets have timers of their own. */
function holdTimers(): void {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  onTestFinished(() => void vi.useRealTimers());
}

test('a breaker opens, answers 503 with Retry-After, lets a probe through, and closes: seen by curl', async () => {
  let isBroken = true;
  const { proxy, calls } = await start(breaker(minute), (request, response) =>
    (isBroken ? failing : good)(request, response),
  );
  holdTimers();
  const url = `${proxy.origin}/v1.0/invoke/up/method/x`;
  for (let index = 0; index < 3; index += 1) {
    expect((await curl('--include', url)).output).toMatch(/^HTTP\/1\.1 500 [^]*broken$/);
  }
  expect(await shownBreakers(proxy)).toEqual([{ target: 'up', policy: 'cb', state: 'open' }]);
  const refused = await curl('--include', '--fail-with-body', url);
  expect(refused.exitCode).toBe(22);
  expect(refused.output).toMatch(/^HTTP\/1\.1 503 Service Unavailable\r\n/);
  expect(Number(/\r\nRetry-After: (\d+)\r\n/.exec(refused.output)?.[1])).toBeLessThanOrEqual(60);
  expect(refused.output).toContain('"failed to invoke, id: up, err: circuit breaker is open"');
  expect(calls(), 'the upstream is left alone').toBe(3);

  vi.advanceTimersByTime(60_000);
  expect(states(proxy.lines)).toEqual(['open', 'half-open']);
  expect((await curl(url)).output, 'the probe').toBe('broken');
  expect((await curl(url)).output, 'after the probe').toContain('circuit breaker is open');
  isBroken = false;
  vi.advanceTimersByTime(60_000);
  expect((await curl(url)).output).toBe('fine');
  expect((await curl(url)).output).toBe('fine');
  expect(states(proxy.lines)).toEqual(['open', 'half-open', 'open', 'half-open', 'closed']);
  expect(await shownBreakers(proxy)).toEqual([{ target: 'up', policy: 'cb', state: 'closed' }]);
});

test('half-open lets as many through at once as maxRequests says, and closes when all of them succeed', async () => {
  const held: ServerResponse[] = [];
  let serve = failing;
  const { proxy, call } = await start(breaker(`${minute}, maxRequests: 2`), (request, response) =>
    serve(request, response),
  );
  holdTimers();
  for (let index = 0; index < 3; index += 1) await call();
  serve = (_request, response) => void held.push(response);
  vi.advanceTimersByTime(60_000);
  const probes = [call(), call()];
  await waitUntil(() => held.length === 2);
  const refused = await call();
  expect(refused.status).toBe(503);
  expect(refused.headers['retry-after']).toBe('1');
  expect(errorOf(refused).message).toBe('failed to invoke, id: up, err: too many requests');
  held[0]?.end('fine');
  await Promise.race(probes);
  expect(states(proxy.lines).at(-1)).toBe('half-open');
  held[1]?.end('fine');
  await Promise.all(probes);
  expect(states(proxy.lines).at(-1)).toBe('closed');
});

test('with --dapr-error-statuses a refused call is a 500, and still says when to come again', async () => {
  const { call } = await start(breaker(minute), failing, { args: ['--dapr-error-statuses'] });
  for (let index = 0; index < 3; index += 1) await call();
  const refused = await call();
  expect(refused.status).toBe(500);
  expect(Number(refused.headers['retry-after'])).toBeGreaterThan(0);
  expect(errorOf(refused).message).toContain('circuit breaker is open');
});

describe('what opens a breaker', () => {
  test.each([500, 502, 503, 504, 429])('status %i', async (status) => {
    const { proxy, call } = await start(breaker(minute), (_request, response) => void response.writeHead(status).end());
    for (let index = 0; index < 3; index += 1) expect((await call()).status).toBe(status);
    expect(states(proxy.lines)).toEqual(['open']);
    expect(errorOf(await call()).message).toContain('circuit breaker is open');
  });

  test('connections that are refused or cut', async () => {
    const { proxy, call } = await start(breaker(minute), (request) => void request.socket.destroy());
    for (let index = 0; index < 3; index += 1) expect((await call()).status).toBe(502);
    expect(states(proxy.lines)).toEqual(['open']);
  });

  test('timeouts', async () => {
    const policies = resiliency(
      `{ circuitBreakers: { cb: { ${minute} } }, timeouts: { t: 10ms } }`,
      '{ up: { circuitBreaker: cb, timeout: t } }',
    );
    const { proxy, call } = await start(policies, () => {});
    for (let index = 0; index < 3; index += 1) expect((await call()).status).toBe(504);
    expect(states(proxy.lines)).toEqual(['open']);
  });

  test('tries of one call, which then ends with the last answer; the next call is refused', async () => {
    const policies = resiliency(
      `{ circuitBreakers: { cb: { ${minute} } }, retries: { r: { duration: 1ms, maxRetries: 9 } } }`,
      '{ up: { circuitBreaker: cb, retry: r } }',
    );
    const { call, calls } = await start(policies, failing);
    expect((await call()).body).toBe('broken');
    expect(calls()).toBe(3);
    expect(errorOf(await call()).message).toBe('failed to invoke, id: up, err: circuit breaker is open');
    expect(calls()).toBe(3);
  });
});

describe('what does not open a breaker', () => {
  test.each([400, 401, 403, 404, 409, 302])('a storm of status %i', async (status) => {
    const { proxy, call, calls } = await start(
      breaker(minute),
      (_request, response) => void response.writeHead(status).end(),
    );
    for (let index = 0; index < 30; index += 1) expect((await call()).status).toBe(status);
    expect(calls()).toBe(30);
    expect(states(proxy.lines)).toEqual([]);
  });

  test('callers who leave, before and inside the answer', async () => {
    const held: ServerResponse[] = [];
    const { proxy, call, calls } = await start(breaker(minute), (request, response) => {
      if (calls() > 20) return good(request, response);
      if (calls() > 10) response.write('begun');
      held.push(response);
    });
    let cut = 0;
    for (let index = 0; index < 20; index += 1) {
      const connection = await openRawConnection(proxy.port);
      connection.send('GET /v1.0/invoke/up/method/x HTTP/1.1\r\nHost: x\r\n\r\n');
      await waitUntil(() => held.length === index + 1);
      if (index >= 10) await connection.receives('begun');
      held[index]?.once('close', () => (cut += 1));
      connection.socket.destroy();
      await waitUntil(() => cut === index + 1);
    }
    expect((await call()).body).toBe('fine');
    expect(states(proxy.lines)).toEqual([]);
  });

  test('request bodies that are too large', async () => {
    const { proxy, call } = await start(breaker(minute), good, { args: ['--max-body-size=1Ki'] });
    const chunked = ['Transfer-Encoding', 'chunked'];
    for (let index = 0; index < 5; index += 1) {
      const question = { path: '/v1.0/invoke/up/method/x', method: 'POST', headers: chunked, body: 'x'.repeat(5_000) };
      expect((await ask(proxy.port, question)).status).toBe(413);
    }
    expect((await call()).body).toBe('fine');
    expect(states(proxy.lines)).toEqual([]);
  });
});

test('an open breaker hurts nobody else, even at the same upstream', async () => {
  const everyone =
    '{ up: { circuitBreaker: cb }, other: { circuitBreaker: cb }, "*.example.com": { circuitBreaker: cb } }';
  const { proxy, call } = await start(breaker(minute, everyone), (request, response) =>
    (request.url === '/bad' ? failing : good)(request, response),
  );
  for (let index = 0; index < 3; index += 1) await ask(proxy.port, { path: '/v1.0/invoke/up/method/bad' });
  expect((await call('up')).status, 'every path of the endpoint').toBe(503);
  expect((await ask(proxy.port, { path: '/x', headers: ['dapr-app-id', 'up'] })).status, 'however it is named').toBe(
    503,
  );
  expect((await call('other')).body).toBe('fine');
  expect((await ask(proxy.port, { path: '/v1.0/healthz' })).status).toBe(204);
});

test('URLs of one origin share a breaker, whatever their paths', async () => {
  let origin = '';
  const upstream = await startUpstream(failing);
  const elsewhere = await startUpstream(good);
  ({ origin } = upstream);
  const targets = `{ ${JSON.stringify(origin)}: { circuitBreaker: cb }, ${JSON.stringify(elsewhere.origin)}: { circuitBreaker: cb } }`;
  const { proxy } = await start(breaker(minute, targets), good);
  const callUrl = (url: string): Promise<Answer> => ask(proxy.port, { path: `/v1.0/invoke/${url}` });
  for (let index = 0; index < 3; index += 1) await callUrl(`${origin}/method/orders/${index}`);
  expect((await callUrl(`${origin}/base/method/other?q=1`)).status).toBe(503);
  expect((await callUrl(`${elsewhere.origin}/method/x`)).body).toBe('fine');
});

describe('a change of the Resiliency in place', () => {
  test('of another target, of the timeout and of an endpoint leaves an open breaker open', async () => {
    const { proxy, call } = await start(breaker(minute), failing);
    for (let index = 0; index < 3; index += 1) await call();
    await proxy.change(
      'policies.yaml',
      breaker(minute, '{ up: { circuitBreaker: cb }, other: { circuitBreaker: cb } }'),
    );
    expect((await call()).status).toBe(503);
    const timeout = resiliency(
      `{ circuitBreakers: { cb: { ${minute} } }, timeouts: { t: 5s } }`,
      '{ up: { circuitBreaker: cb, timeout: t } }',
    );
    await proxy.change('policies.yaml', timeout);
    expect((await call()).status).toBe(503);
    await proxy.change('more.yaml', httpEndpoint('more', 'http://127.0.0.1:9'));
    expect((await call()).status).toBe(503);
    expect(states(proxy.lines)).toEqual(['open']);
  });

  test('of the breaker lets calls through at once, and one under way does not count for the new one', async () => {
    const held: ServerResponse[] = [];
    let serve = failing;
    const { proxy, call, calls } = await start(breaker(minute), (request, response) => serve(request, response));
    for (let index = 0; index < 2; index += 1) await call();
    serve = (_request, response) => void held.push(response);
    const underWay = call();
    await waitUntil(() => held.length === 1);
    await proxy.change('policies.yaml', breaker('trip: consecutiveFailures >= 1, timeout: 60s'));
    held[0]?.writeHead(500).end();
    expect((await underWay).status).toBe(500);
    serve = good;
    expect((await call()).body).toBe('fine');
    serve = failing;
    expect((await call()).status).toBe(500);
    const before = calls();
    expect((await call()).status).toBe(503);
    expect(calls()).toBe(before);
  });

  test('that takes the breaker away lets calls through', async () => {
    const { proxy, call } = await start(breaker(minute), failing);
    for (let index = 0; index < 3; index += 1) await call();
    expect((await call()).status).toBe(503);
    await proxy.change('policies.yaml', null);
    expect((await call()).status).toBe(500);
    expect(await shownBreakers(proxy)).toBeUndefined();
  });
});

test('the first breaker of a proxy that has run without guards from the first call on', async () => {
  const { proxy, call } = await start(resiliency('{}', '{}'), failing);
  expect((await call()).status).toBe(500);
  await proxy.change('policies.yaml', breaker('trip: consecutiveFailures >= 1, timeout: 60s'));
  expect((await call()).status).toBe(500);
  expect((await call()).status).toBe(503);
});

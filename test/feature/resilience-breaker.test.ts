/** A circuit breaker keeps calls off an upstream that fails, and lets them through again when it has recovered. */
import type { ServerResponse } from 'node:http';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { ask, errorOf } from '../support/ask.ts';
import { curl } from '../support/curl.ts';
import { openRawConnection } from '../support/raw-connection.ts';
import { resiliency } from '../support/resiliency.ts';
import {
  breakerManifest,
  breakerStates,
  failing,
  good,
  minute,
  scrapedState,
  shownBreakers,
  startGuarded,
} from '../support/start-guarded.ts';
import { waitUntil } from '../support/start-test-proxy.ts';

/** From here on opossum's timer ends when the test says so; sockets have timers of their own. */
function holdTimers(): void {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  onTestFinished(() => void vi.useRealTimers());
}

test('a breaker opens, answers 503 with Retry-After, lets a probe through, and closes: seen by curl', async () => {
  let isBroken = true;
  const { proxy, calls } = await startGuarded(breakerManifest(minute), (request, response) =>
    (isBroken ? failing : good)(request, response),
  );
  holdTimers();
  const url = `${proxy.origin}/v1.0/invoke/up/method/x`;
  for (let index = 0; index < 3; index += 1) {
    expect((await curl('--include', url)).output).toMatch(/^HTTP\/1\.1 500 [^]*broken$/);
  }
  expect(await shownBreakers(proxy)).toEqual([{ target: 'up', policy: 'cb', state: 'open' }]);
  expect(await scrapedState(proxy)).toBe('open');
  const refused = await curl('--include', '--fail-with-body', url);
  expect(refused.exitCode).toBe(22);
  expect(refused.output).toMatch(/^HTTP\/1\.1 503 Service Unavailable\r\n/);
  expect(Number(/\r\nRetry-After: (\d+)\r\n/.exec(refused.output)?.[1])).toBeLessThanOrEqual(60);
  expect(refused.output).toContain('"failed to invoke, id: up, err: circuit breaker is open"');
  expect(calls(), 'the upstream is left alone').toBe(3);

  vi.advanceTimersByTime(60_000);
  expect(breakerStates(proxy.lines)).toEqual(['open', 'half-open']);
  expect(await scrapedState(proxy)).toBe('half-open');
  expect((await curl(url)).output, 'the probe').toBe('broken');
  expect((await curl(url)).output, 'after the probe').toContain('circuit breaker is open');
  isBroken = false;
  vi.advanceTimersByTime(60_000);
  expect((await curl(url)).output).toBe('fine');
  expect((await curl(url)).output).toBe('fine');
  expect(breakerStates(proxy.lines)).toEqual(['open', 'half-open', 'open', 'half-open', 'closed']);
  expect(await shownBreakers(proxy)).toEqual([{ target: 'up', policy: 'cb', state: 'closed' }]);
  expect(await scrapedState(proxy)).toBe('closed');
});

test('half-open lets as many through at once as maxRequests says, and closes when all of them succeed', async () => {
  const held: ServerResponse[] = [];
  let serve = failing;
  const { proxy, call } = await startGuarded(breakerManifest(`${minute}, maxRequests: 2`), (request, response) =>
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
  expect(breakerStates(proxy.lines).at(-1)).toBe('half-open');
  held[1]?.end('fine');
  await Promise.all(probes);
  await waitUntil(() => breakerStates(proxy.lines).at(-1) === 'closed');
});

test('with --dapr-error-statuses a refused call is a 500, and still says when to come again', async () => {
  const { call } = await startGuarded(breakerManifest(minute), failing, { args: ['--dapr-error-statuses'] });
  for (let index = 0; index < 3; index += 1) await call();
  const refused = await call();
  expect(refused.status).toBe(500);
  expect(Number(refused.headers['retry-after'])).toBeGreaterThan(0);
  expect(errorOf(refused).message).toContain('circuit breaker is open');
});

describe('what opens a breaker', () => {
  test.each([500, 502, 503, 504, 429])('status %i', async (status) => {
    const { proxy, call } = await startGuarded(
      breakerManifest(minute),
      (_request, response) => void response.writeHead(status).end(),
    );
    for (let index = 0; index < 3; index += 1) expect((await call()).status).toBe(status);
    expect(breakerStates(proxy.lines)).toEqual(['open']);
    expect(errorOf(await call()).message).toContain('circuit breaker is open');
  });

  test('connections that are refused or cut', async () => {
    const { proxy, call } = await startGuarded(breakerManifest(minute), (request) => void request.socket.destroy());
    for (let index = 0; index < 3; index += 1) expect((await call()).status).toBe(502);
    expect(breakerStates(proxy.lines)).toEqual(['open']);
  });

  test('timeouts', async () => {
    const policies = resiliency(
      `{ circuitBreakers: { cb: { ${minute} } }, timeouts: { t: 10ms } }`,
      '{ up: { circuitBreaker: cb, timeout: t } }',
    );
    const { proxy, call } = await startGuarded(policies, () => {});
    for (let index = 0; index < 3; index += 1) expect((await call()).status).toBe(504);
    expect(breakerStates(proxy.lines)).toEqual(['open']);
  });

  test('tries of one call, which then ends with the last answer; the next call is refused', async () => {
    const policies = resiliency(
      `{ circuitBreakers: { cb: { ${minute} } }, retries: { r: { duration: 1ms, maxRetries: 9 } } }`,
      '{ up: { circuitBreaker: cb, retry: r } }',
    );
    const { call, calls } = await startGuarded(policies, failing);
    expect((await call()).body).toBe('broken');
    expect(calls()).toBe(3);
    expect(errorOf(await call()).message).toBe('failed to invoke, id: up, err: circuit breaker is open');
    expect(calls()).toBe(3);
  });
});

describe('what does not open a breaker', () => {
  test.each([400, 401, 403, 404, 409, 302])('a storm of status %i', async (status) => {
    const { proxy, call, calls } = await startGuarded(
      breakerManifest(minute),
      (_request, response) => void response.writeHead(status).end(),
    );
    for (let index = 0; index < 30; index += 1) expect((await call()).status).toBe(status);
    expect(calls()).toBe(30);
    expect(breakerStates(proxy.lines)).toEqual([]);
  });

  test('callers who leave, before and inside the answer', async () => {
    const held: ServerResponse[] = [];
    const { proxy, call, calls } = await startGuarded(breakerManifest(minute), (request, response) => {
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
    expect(breakerStates(proxy.lines)).toEqual([]);
  });

  test('request bodies that are too large', async () => {
    const { proxy, call } = await startGuarded(breakerManifest(minute), good, { args: ['--max-body-size=1Ki'] });
    const chunked = ['Transfer-Encoding', 'chunked'];
    for (let index = 0; index < 5; index += 1) {
      const question = { path: '/v1.0/invoke/up/method/x', method: 'POST', headers: chunked, body: 'x'.repeat(5_000) };
      expect((await ask(proxy.port, question)).status).toBe(413);
    }
    expect((await call()).body).toBe('fine');
    expect(breakerStates(proxy.lines)).toEqual([]);
  });
});

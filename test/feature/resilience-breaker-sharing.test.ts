/** Who shares a circuit breaker, and which of them outlives a change of its Resiliency. */
import type { ServerResponse } from 'node:http';
import { describe, expect, test } from 'vitest';
import { ask, type Answer } from '../support/ask.ts';
import { httpEndpoint } from '../support/http-endpoint.ts';
import { resiliency } from '../support/resiliency.ts';
import {
  breakerManifest,
  breakerStates,
  failing,
  good,
  minute,
  shownBreakers,
  startGuarded,
} from '../support/start-guarded.ts';
import { startTestProxy, waitUntil } from '../support/start-test-proxy.ts';
import { startUpstream } from '../support/start-upstream.ts';
import { openWebSocket, startWebSocketUpstream, type WebSocketClient } from '../support/web-socket-upstream.ts';

test('an open breaker hurts nobody else, even at the same upstream', async () => {
  const everyone =
    '{ up: { circuitBreaker: cb }, other: { circuitBreaker: cb }, "*.example.com": { circuitBreaker: cb } }';
  const { proxy, call } = await startGuarded(breakerManifest(minute, everyone), (request, response) =>
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
  const { origin } = await startUpstream(failing);
  const elsewhere = await startUpstream(good);
  const targets = `{ ${JSON.stringify(origin)}: { circuitBreaker: cb }, ${JSON.stringify(elsewhere.origin)}: { circuitBreaker: cb } }`;
  const { proxy } = await startGuarded(breakerManifest(minute, targets), good);
  const callUrl = (url: string): Promise<Answer> => ask(proxy.port, { path: `/v1.0/invoke/${url}` });
  for (let index = 0; index < 3; index += 1) await callUrl(`${origin}/method/orders/${index}`);
  expect((await callUrl(`${origin}/base/method/other?q=1`)).status).toBe(503);
  expect((await callUrl(`${elsewhere.origin}/method/x`)).body).toBe('fine');
});

test('WebSocket handshakes count, and are refused by an open breaker', async () => {
  const webSockets = await startWebSocketUpstream();
  // No listener for upgrades: node:http answers a handshake as any other request.
  const upstream = await startUpstream(failing);
  const targets = '{ good: { circuitBreaker: cb }, bad: { circuitBreaker: cb } }';
  const proxy = await startTestProxy({
    resources: {
      'good.yaml': httpEndpoint('good', webSockets.origin),
      'bad.yaml': httpEndpoint('bad', upstream.origin),
      'policies.yaml': breakerManifest(minute, targets),
    },
  });
  const open = (name: string): Promise<WebSocketClient> =>
    openWebSocket(`ws://127.0.0.1:${proxy.port}/v1.0/invoke/${name}/method/ws`);
  for (let index = 0; index < 4; index += 1) await open('good');
  for (let index = 0; index < 3; index += 1) await expect(open('bad')).rejects.toThrow('refused: 500 broken');
  await expect(open('bad')).rejects.toThrow(/^refused: 503 .*circuit breaker is open/);
  expect((await ask(proxy.port, { path: '/v1.0/invoke/bad/method/x' })).status).toBe(503);
  await open('good');
  expect(breakerStates(proxy.lines)).toEqual(['open']);
});

describe('a change of the Resiliency in place', () => {
  test('of another target, of the timeout and of an endpoint leaves an open breaker open', async () => {
    const { proxy, call } = await startGuarded(breakerManifest(minute), failing);
    for (let index = 0; index < 3; index += 1) await call();
    await proxy.change(
      'policies.yaml',
      breakerManifest(minute, '{ up: { circuitBreaker: cb }, other: { circuitBreaker: cb } }'),
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
    expect(breakerStates(proxy.lines)).toEqual(['open']);
  });

  test('of the breaker lets calls through at once, and one under way does not count for the new one', async () => {
    const held: ServerResponse[] = [];
    let serve = failing;
    const { proxy, call, calls } = await startGuarded(breakerManifest(minute), (request, response) =>
      serve(request, response),
    );
    for (let index = 0; index < 2; index += 1) await call();
    serve = (_request, response) => void held.push(response);
    const underWay = call();
    await waitUntil(() => held.length === 1);
    await proxy.change('policies.yaml', breakerManifest('trip: consecutiveFailures >= 1, timeout: 60s'));
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
    const { proxy, call } = await startGuarded(breakerManifest(minute), failing);
    for (let index = 0; index < 3; index += 1) await call();
    expect((await call()).status).toBe(503);
    await proxy.change('policies.yaml', null);
    expect((await call()).status).toBe(500);
    expect(await shownBreakers(proxy)).toBeUndefined();
  });
});

test('the first breaker of a proxy that has run without guards from the first call on', async () => {
  const { proxy, call } = await startGuarded(resiliency('{}', '{}'), failing);
  expect((await call()).status).toBe(500);
  await proxy.change('policies.yaml', breakerManifest('trip: consecutiveFailures >= 1, timeout: 60s'));
  expect((await call()).status).toBe(500);
  expect((await call()).status).toBe(503);
});

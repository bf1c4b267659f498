/** What metrics and logs tell of requests that middleware let on, changed, answered or refused. */
import { expect, test } from 'vitest';
import { ask } from '../support/ask.ts';
import { parseExposition } from '../support/exposition.ts';
import type { Step } from '../support/middleware-manifests.ts';
import { startPipedProxy } from '../support/start-piped-proxy.ts';
import { waitUntil } from '../support/start-test-proxy.ts';

const short: Step = { name: 'short', type: 'routeralias', settings: { '/o/{id}': '/v1.0/invoke/up/method/orders' } };
const once: Step = { name: 'once', type: 'ratelimit', settings: { maxRequestsPerSecond: '0.001' } };
const gone: Step = { name: 'gone', type: 'sentinel' };

test('records show the path that the caller sent, and who answered', async () => {
  const { proxy } = await startPipedProxy({ http: [short, once], args: ['--enable-api-logging=true'] });
  const first = await ask(proxy.port, { path: '/o/7?secret=1' });
  const second = await ask(proxy.port, { path: '/o/8' });
  expect([first.status, second.status]).toEqual([200, 429]);
  const logged = (): readonly unknown[] =>
    proxy.lines.filter(({ message }) => message === 'HTTP API Called').map(({ fields }) => fields);
  await waitUntil(() => logged().length === 2);
  expect(logged()).toMatchObject([
    { method: 'GET /o/7', code: 200, target: 'endpoint' },
    { method: 'GET /o/8', code: 429 },
  ]);
  const body = await (await fetch(`http://127.0.0.1:${proxy.running.metricsPort}/`)).text();
  expect(body).toContain('path="/o/7"');
  // As of any request that was refused before it had a target: strangers must not use the paths up.
  expect(body).not.toContain('path="/o/8"');
  expect(body).toContain(
    'dapr_httpendpoint_requests_total{app_id="orders",kind="none",endpoint="",outcome="middleware"} 1',
  );
  expect(body).not.toContain('secret');
});

test('each middleware is counted by what it did, and says whether it is ready', async () => {
  const { proxy } = await startPipedProxy({ http: [once, gone] });
  await ask(proxy.port, { path: '/v1.0/invoke/up/method/x' });
  await ask(proxy.port, { path: '/v1.0/invoke/up/method/x' });
  const families = parseExposition(await (await fetch(`http://127.0.0.1:${proxy.running.metricsPort}/`)).text());
  const samplesOf = (name: string): unknown => families.get(name)?.samples;
  expect(samplesOf('dapr_httpendpoint_middleware_ready')).toMatchObject([
    { labels: { middleware: 'once', type: 'middleware.http.ratelimit' }, value: 1 },
    { labels: { middleware: 'gone', type: 'middleware.http.sentinel' }, value: 0 },
  ]);
  expect(samplesOf('dapr_httpendpoint_middleware_requests_total')).toMatchObject([
    { labels: { middleware: 'once', outcome: 'passed' }, value: 1 },
    { labels: { middleware: 'once', outcome: 'answered' }, value: 1 },
    { labels: { middleware: 'once', outcome: 'refused' }, value: 0 },
    { labels: { middleware: 'gone', outcome: 'passed' }, value: 0 },
    { labels: { middleware: 'gone', outcome: 'answered' }, value: 0 },
    { labels: { middleware: 'gone', outcome: 'refused' }, value: 1 },
  ]);
});

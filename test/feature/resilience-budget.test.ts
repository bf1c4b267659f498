/** An outage is not made worse by retries: those to one target are a bounded share of its calls. */
import { expect, test } from 'vitest';
import { ask } from '../support/ask.ts';
import { parseExposition } from '../support/exposition.ts';
import { httpEndpoint } from '../support/http-endpoint.ts';
import { answering, resetting, retriedManifest, soon, startRetried, upPath } from '../support/start-retried.ts';
import { startTestProxy, type TestProxy } from '../support/start-test-proxy.ts';
import { startUpstream } from '../support/start-upstream.ts';

async function forgone(proxy: TestProxy): Promise<Readonly<Record<string, number>>> {
  const { body } = await ask(proxy.running.metricsPort ?? 0, { path: '/' });
  const samples = parseExposition(body).get('dapr_resiliency_retries_forgone_total')?.samples ?? [];
  return Object.fromEntries(samples.map(({ labels, value }) => [labels['reason'] ?? '', value]));
}

test.for([
  ['answers 503', answering(503), 503],
  ['resets connections', resetting, 502],
] as const)('an upstream that %s sees a fifth more than the calls, and ten a second', async ([, turn, status]) => {
  const calls = 600;
  const { proxy, seen, call } = await startRetried([turn]);
  const startedAt = performance.now();
  for (let done = 0; done < calls; done += 20) {
    const answers = await Promise.all(Array.from({ length: 20 }, () => call()));
    expect(answers.every((answer) => answer.status === status)).toBe(true);
  }
  const seconds = (performance.now() - startedAt) / 1000;
  const retries = seen.length - calls;
  expect(retries).toBeLessThanOrEqual(calls * 0.2 + 10 * Math.max(10, seconds + 1));
  expect(retries).toBeGreaterThan(100);
  expect((await forgone(proxy))['budget']).toBeGreaterThan(0);
});

test('what one target has spent, another still has', async () => {
  const upstream = await startUpstream((request, response) => {
    response.writeHead(request.headers['x-broken'] === undefined ? 200 : 503).end();
  });
  let isFirst = true;
  const flaky = await startUpstream((_request, response) => {
    response.writeHead(isFirst ? 503 : 200).end();
    isFirst = false;
  });
  const proxy = await startTestProxy({
    resources: {
      'up.yaml': httpEndpoint('up', upstream.origin),
      'flaky.yaml': httpEndpoint('flaky', flaky.origin),
      'r.yaml': retriedManifest({ policies: `{ retries: { DefaultRetryPolicy: { ${soon} } } }` }).replace(
        'up: { retry: r }',
        '',
      ),
    },
  });
  for (let done = 0; done < 100; done += 1) await ask(proxy.port, { path: upPath, headers: ['X-Broken', '1'] });
  expect((await forgone(proxy))['budget']).toBeGreaterThan(0);
  expect((await ask(proxy.port, { path: '/v1.0/invoke/flaky/method/x' })).status).toBe(200);
});

/** What is wrong with one endpoint stays with that endpoint. */
import { describe, expect, test } from 'vitest';
import { ask } from '../support/ask.ts';
import { httpEndpoint } from '../support/http-endpoint.ts';
import { findPlanted, writePlantedFolder } from '../support/planted-secrets.ts';
import { startTestProxy, waitUntil } from '../support/start-test-proxy.ts';
import { startRawUpstream, startUpstream } from '../support/start-upstream.ts';

const statusByEndpoint: Readonly<Record<string, number>> = {
  good: 200,
  closed: 502,
  nowhere: 502,
  illegal: 503,
  incomplete: 503,
  mismatch: 503,
  keyonly: 503,
  notpem: 503,
  badurl: 503,
  badport: 503,
  badpath: 503,
  schema: 503,
  fromfile: 503,
};

describe('beside endpoints that are broken in every way', () => {
  test('a good one, a URL and the application are served, and each broken one says what is wrong with it', async () => {
    const good = await startUpstream((_request, response) => response.end('good'));
    const app = await startUpstream((_request, response) => response.end('app'));
    const nobody = 'https://127.0.0.1:1';
    const folder = await writePlantedFolder({ good: good.origin, echoing: good.origin, untrusted: nobody });
    const proxy = await startTestProxy({ args: [`--resources-path=${folder.path}`, `--app-port=${app.port}`] });
    for (const [endpoint, status] of Object.entries(statusByEndpoint)) {
      const answer = await ask(proxy.port, { path: `/v1.0/invoke/${endpoint}/method/x` });
      expect({ endpoint, status: answer.status }).toEqual({ endpoint, status });
      if (status === 503) expect(answer.body).toMatch(/HTTPEndpoint \\"\w+\\" is refused: [A-Z]\w+: .{10}/);
    }
    expect((await ask(proxy.port, { path: `/v1.0/invoke/${good.origin}/method/x` })).body).toBe('good');
    expect((await ask(proxy.port, { path: '/v1.0/invoke/orders/method/x' })).body).toBe('app');
    expect((await ask(proxy.port, { path: '/v1.0/healthz' })).status).toBe(204);
    expect(findPlanted(JSON.stringify(proxy.lines), folder.keys)).toEqual([]);
  });
});

describe('beside an endpoint whose upstream never answers', () => {
  test('others are served, however many calls wait for it', async () => {
    let waiting = 0;
    const silent = await startRawUpstream((socket) => void socket.once('data', () => (waiting += 1)));
    const good = await startUpstream((_request, response) => response.end('good'));
    const proxy = await startTestProxy({
      resources: {
        'silent.yaml': httpEndpoint('silent', silent.origin),
        'good.yaml': httpEndpoint('good', good.origin),
      },
      args: ['--app-max-concurrency=20'],
    });
    const leaving = new AbortController();
    const calls = Array.from({ length: 60 }, () =>
      fetch(`${proxy.origin}/v1.0/invoke/silent/method/x`, { signal: leaving.signal }).catch(() => null),
    );
    await waitUntil(() => waiting === 20);
    for (let call = 0; call < 30; call += 1) {
      expect((await ask(proxy.port, { path: '/v1.0/invoke/good/method/x' })).body).toBe('good');
    }
    expect(waiting).toBe(20);
    leaving.abort();
    await Promise.all(calls);
  });
});

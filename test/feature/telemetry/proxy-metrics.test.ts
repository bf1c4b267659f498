/** A real proxy counts what passes through it, and logs it when asked to. */
import { request as httpRequest } from 'node:http';
import { expect, test } from 'vitest';
import { ask } from '../../support/ask.ts';
import { parseExposition, valueOf, type Family } from '../../support/exposition.ts';
import { httpEndpoint } from '../../support/http-endpoint.ts';
import { startTestProxy, waitUntil, type TestProxy } from '../../support/start-test-proxy.ts';
import { startRawUpstream, startUpstream, type TestUpstream } from '../../support/start-upstream.ts';

/** Takes the body in and answers with 5,000 bytes, `/missing` with 404. */
function hungryUpstream(): Promise<TestUpstream> {
  return startUpstream((request, response) => {
    request.resume().on('end', () => {
      response.writeHead(request.url === '/missing' ? 404 : 200);
      response.end('x'.repeat(5_000));
    });
  });
}

async function scrape(proxy: TestProxy): Promise<ReadonlyMap<string, Family>> {
  const { body } = await ask(proxy.running.metricsPort ?? 0, { path: '/' });
  return parseExposition(body);
}

/** Scrapes until so many requests are counted: a request is recorded just after its last byte has left. */
async function scrapeAfter(proxy: TestProxy, requests: number): Promise<ReadonlyMap<string, Family>> {
  let families = await scrape(proxy);
  await waitUntil(async () => {
    families = await scrape(proxy);
    return valueOf(families, 'dapr_http_server_request_bytes_count', {}) >= requests;
  });
  return families;
}

const configuration = (spec: object): string =>
  JSON.stringify({ apiVersion: 'dapr.io/v1alpha1', kind: 'Configuration', metadata: { name: 'config' }, spec });

test('requests, calls and outcomes are counted, failures and streamed bytes too', async () => {
  const upstream = await hungryUpstream();
  const proxy = await startTestProxy({
    resources: {
      'palpatine.yaml': httpEndpoint('palpatine', upstream.origin),
      'nobody.yaml': httpEndpoint('nobody', 'http://127.0.0.1:1'),
    },
  });
  const body = 'y'.repeat(3_000);
  const chunked = ['Transfer-Encoding', 'chunked'];
  await ask(proxy.port, { method: 'POST', path: '/v1.0/invoke/palpatine/method/order66', headers: chunked, body });
  await ask(proxy.port, { path: '/v1.0/invoke/palpatine/method/missing' });
  await ask(proxy.port, { path: '/v1.0/invoke/nobody/method/x' });
  await ask(proxy.port, { path: '/v1.0/invoke/nothing-by-that-name/method/x' });
  const families = await scrapeAfter(proxy, 4);

  const order66 = { method: 'POST', path: '/v1.0/invoke/palpatine/method/order66', status: '200' };
  expect(valueOf(families, 'dapr_http_server_request_count', order66)).toBe(1);
  expect(valueOf(families, 'dapr_http_server_latency_count', order66)).toBe(1);
  expect(valueOf(families, 'dapr_http_server_request_bytes_sum', {})).toBe(3_000);
  expect(valueOf(families, 'dapr_http_server_response_bytes_sum', {})).toBeGreaterThan(10_000);
  const call = { method: 'POST', path: 'order66', status: '200' };
  expect(valueOf(families, 'dapr_http_client_completed_count', call)).toBe(1);
  expect(valueOf(families, 'dapr_http_client_sent_bytes_sum', { ...call, status: '' })).toBe(3_000);
  expect(valueOf(families, 'dapr_http_client_received_bytes_sum', {})).toBe(10_000);
  const toNobody = { dst_app_id: 'nobody', type: 'unary' };
  expect(valueOf(families, 'dapr_runtime_service_invocation_req_sent_total', toNobody)).toBe(1);
  const fromNobody = { src_app_id: 'nobody', status: '500', type: 'unary' };
  expect(valueOf(families, 'dapr_runtime_service_invocation_res_recv_total', fromNobody)).toBe(1);

  const outcomes = families
    .get('dapr_httpendpoint_requests_total')
    ?.samples.map(({ labels }) => [labels['kind'], labels['endpoint'], labels['outcome']].join(' '));
  expect(outcomes?.toSorted()).toEqual([
    'endpoint nobody upstream-connect',
    'endpoint palpatine success',
    'endpoint palpatine upstream-4xx',
    'none  target-unknown',
  ]);
  expect(valueOf(families, 'dapr_httpendpoint_loaded', { state: 'ready' })).toBe(2);
  const revision = proxy.running.tableRevision();
  expect(valueOf(families, 'dapr_httpendpoint_table_info', { namespace: 'default', revision })).toBe(1);
});

test('an answer that is cut off and a caller that leaves are counted as what they are', async () => {
  const cutting = await startRawUpstream((socket) => {
    socket.once('data', () => socket.end('HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nonly this'));
  });
  const silent = await startRawUpstream((socket) => socket.resume());
  const proxy = await startTestProxy({
    resources: {
      'cutting.yaml': httpEndpoint('cutting', cutting.origin),
      'silent.yaml': httpEndpoint('silent', silent.origin),
    },
  });
  await expect(ask(proxy.port, { path: '/v1.0/invoke/cutting/method/x' })).rejects.toThrow('aborted');
  const leaving = httpRequest({ port: proxy.port, path: '/v1.0/invoke/silent/method/x', agent: false });
  leaving.on('error', () => {}).end();
  await waitUntil(async () => {
    const sent = (await scrape(proxy)).get('dapr_runtime_service_invocation_req_sent_total')?.samples;
    return sent?.some(({ labels }) => labels['dst_app_id'] === 'silent') ?? false;
  });
  leaving.destroy();
  const families = await scrapeAfter(proxy, 2);
  const outcome = (endpoint: string): string[] =>
    families
      .get('dapr_httpendpoint_requests_total')
      ?.samples.filter(({ labels }) => labels['endpoint'] === endpoint)
      .map(({ labels }) => labels['outcome'] ?? '') ?? [];
  expect(outcome('cutting')).toEqual(['upstream-reset']);
  expect(outcome('silent')).toEqual(['caller-left']);
  const left = { method: 'GET', path: '/v1.0/invoke/silent/method/x', status: '499' };
  expect(valueOf(families, 'dapr_http_server_request_count', left)).toBe(1);
});

test('a URL target shows as its origin, without user name and password', async () => {
  const upstream = await hungryUpstream();
  const proxy = await startTestProxy();
  const withUser = upstream.origin.replace('//', '//ann:s3cret@');
  const answer = await ask(proxy.port, { path: `/v1.0/invoke/${withUser}/method/x` });
  expect(answer.status).toBe(200);
  const families = await scrapeAfter(proxy, 1);
  const url = { dst_app_id: upstream.origin, type: 'unary' };
  expect(valueOf(families, 'dapr_runtime_service_invocation_req_sent_total', url)).toBe(1);
  expect(JSON.stringify([...families.values()])).not.toMatch(/ann|s3cret/);
});

test("the Configuration's metrics options are in force", async () => {
  const upstream = await hungryUpstream();
  const proxy = await startTestProxy({
    resources: { 'palpatine.yaml': httpEndpoint('palpatine', upstream.origin) },
    configuration: configuration({
      metrics: { recordErrorCodes: true, http: { increasedCardinality: false, pathMatching: ['/orders/{id}', '{'] } },
    }),
  });
  await ask(proxy.port, { path: '/v1.0/invoke/palpatine/method/orders/7' });
  await ask(proxy.port, { path: `/v1.0/invoke/${upstream.origin}/method/orders/8` });
  await ask(proxy.port, { path: '/v1.0/invoke/unknown/method/x' });
  const families = await scrapeAfter(proxy, 3);
  const path = '/v1.0/invoke/{app_id}/method/orders/{id}';
  expect(valueOf(families, 'dapr_http_server_request_count', { method: 'GET', path, status: '200' })).toBe(2);
  const errors = { error_code: 'ERR_DIRECT_INVOKE', category: 'service-invocation' };
  expect(valueOf(families, 'dapr_error_code_total', errors)).toBe(1);
  expect(proxy.lines.filter(({ message }) => message.includes('path patterns'))).toHaveLength(1);
});

test('switched off by the Configuration, the port says so; by the flag, there is none', async () => {
  const off = await startTestProxy({ configuration: configuration({ metrics: { enabled: false } }) });
  expect((await ask(off.running.metricsPort ?? 0, { path: '/' })).status).toBe(404);
  const without = await startTestProxy({ args: ['--enable-metrics=false'] });
  expect(without.running.metricsPort).toBeNull();
});

test('API logging has a line for each request, also for one without the token, and none for health checks', async () => {
  const upstream = await hungryUpstream();
  const proxy = await startTestProxy({
    resources: { 'palpatine.yaml': httpEndpoint('palpatine', upstream.origin) },
    configuration: configuration({ logging: { apiLogging: { enabled: true, omitHealthChecks: true } } }),
    env: { DAPR_API_TOKEN: 'the-token' },
  });
  const path = '/v1.0/invoke/palpatine/method/order66?secret=query';
  await ask(proxy.port, { path: '/v1.0/healthz' });
  await ask(proxy.port, { path });
  await ask(proxy.port, { path, headers: ['dapr-api-token', 'the-token', 'User-Agent', 'test/1'] });
  const logged = (): TestProxy['lines'] => proxy.lines.filter(({ message }) => message === 'HTTP API Called');
  await waitUntil(() => logged().length >= 2);
  const method = 'GET /v1.0/invoke/palpatine/method/order66';
  expect(logged().map(({ fields }) => fields)).toMatchObject([
    { scope: 'dapr.runtime.http-info', method, code: 401, error: 'token-invalid' },
    { scope: 'dapr.runtime.http-info', method, code: 200, size: 5_000, useragent: 'test/1', target: 'endpoint' },
  ]);
  expect(JSON.stringify(logged())).not.toMatch(/the-token|secret/);
});

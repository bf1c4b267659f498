/** Pipelines and Resiliency policies in one call: middleware once, tries inside of it. */
import { expect, test } from 'vitest';
import { ask } from '../support/ask.ts';
import { httpEndpoint } from '../support/http-endpoint.ts';
import { pipelineConfiguration, stepFiles, type Step } from '../support/middleware-manifests.ts';
import { startOpaDouble } from '../support/start-opa-double.ts';
import { startTestProxy, type TestProxy } from '../support/start-test-proxy.ts';
import { startUpstream } from '../support/start-upstream.ts';

const path = '/v1.0/invoke/up/method/orders';
const resiliency = [
  'apiVersion: dapr.io/v1alpha1',
  'kind: Resiliency',
  'metadata: { name: flaky }',
  'spec:',
  "  policies: { retries: { thrice: { policy: constant, duration: 1ms, maxRetries: 3, matching: { httpStatusCodes: '500-599' } } } }",
  '  targets: { apps: { up: { retry: thrice } } }',
  '',
].join('\n');

interface Flaky {
  readonly proxy: TestProxy;
  /** What came to the upstream, body and token. */
  readonly tries: { readonly body: string; readonly user: unknown; readonly framing: unknown }[];
}

/** The upstream fails `failures` times, then echoes. */
async function startFlaky(
  failures: number,
  pipelines: { readonly http?: readonly Step[]; readonly app?: readonly Step[] },
): Promise<Flaky> {
  const tries: Flaky['tries'] = [];
  const { origin } = await startUpstream((request, response) => {
    let body = '';
    request.setEncoding('utf8').on('data', (piece: string) => (body += piece));
    request.once('end', () => {
      tries.push({ body, user: request.headers['x-user'], framing: request.headers['content-length'] ?? 'chunked' });
      response.statusCode = tries.length > failures ? 200 : 503;
      response.end(tries.length > failures ? body : 'not yet');
    });
  });
  const proxy = await startTestProxy({
    resources: {
      'up.yaml': httpEndpoint('up', origin),
      'resiliency.yaml': resiliency,
      ...stepFiles(pipelines.http, pipelines.app),
    },
    configuration: pipelineConfiguration(pipelines),
  });
  return { proxy, tries };
}

const post = { path, method: 'POST', body: 'order seven', headers: ['Content-Length', '11'] };

test('a call that is tried again has passed appHttpPipeline once', async () => {
  const limit: Step = { name: 'limit', type: 'ratelimit', settings: { maxRequestsPerSecond: '0.001' } };
  const { proxy, tries } = await startFlaky(2, { app: [limit] });
  expect(await ask(proxy.port, post)).toMatchObject({ status: 200, body: 'order seven' });
  expect(tries).toHaveLength(3);
  expect((await ask(proxy.port, post)).status).toBe(429);
  expect(tries).toHaveLength(3);
});

test('each try has the body and the headers that middleware made', async () => {
  const opa = await startOpaDouble(() => ({ allow: true, additional_headers: { 'X-User': 'alice' } }));
  const { proxy, tries } = await startFlaky(2, {
    http: [{ name: 'reader', type: 'opa', settings: { url: opa.origin, readBody: 'true' } }],
    app: [{ name: 'loud', type: 'uppercase', settings: { direction: 'both' } }],
  });
  expect(await ask(proxy.port, post)).toMatchObject({ status: 200, body: 'ORDER SEVEN' });
  expect(tries).toHaveLength(3);
  expect(new Set(tries.map((each) => JSON.stringify(each)))).toEqual(
    new Set([JSON.stringify({ body: 'ORDER SEVEN', user: 'alice', framing: 'chunked' })]),
  );
  expect(opa.inputs).toHaveLength(1);
});

test("the last answer is changed as any other, the ones before are nobody's", async () => {
  const { proxy, tries } = await startFlaky(9, {
    app: [{ name: 'loud', type: 'uppercase', settings: { direction: 'response' } }],
  });
  expect(await ask(proxy.port, { path })).toMatchObject({ status: 503, body: 'NOT YET' });
  expect(tries).toHaveLength(4);
});

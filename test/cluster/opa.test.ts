/** `middleware.http.opa` in a whole proxy, before a real OPA server. */
import type { IncomingHttpHeaders } from 'node:http';
import { describe, expect, test } from 'vitest';
import { ask } from '../support/ask.ts';
import { createTestAuthority } from '../support/create-test-authority.ts';
import { httpEndpoint } from '../support/http-endpoint.ts';
import { openRawConnection } from '../support/raw-connection.ts';
import { startTestProxy, waitUntil, type TestProxy } from '../support/start-test-proxy.ts';
import { startUpstream } from '../support/start-upstream.ts';
import { canTestOpa } from './support/opa-for-tests.ts';
import { startOpa } from './support/start-opa.ts';

const path = '/v1.0/invoke/up/method';

interface Handler {
  readonly pipeline?: 'httpPipeline' | 'appHttpPipeline';
  readonly settings: Readonly<Record<string, string>>;
}

interface Site extends TestProxy {
  /** What the upstream got, in order. */
  readonly seen: { readonly url: string; readonly headers: IncomingHttpHeaders; readonly body: string }[];
}

function component(name: string, settings: Readonly<Record<string, string>>): string {
  const metadata = Object.entries(settings).map(([key, value]) => ({ name: key, value }));
  return JSON.stringify({
    apiVersion: 'dapr.io/v1alpha1',
    kind: 'Component',
    metadata: { name },
    spec: { type: 'middleware.http.opa', version: 'v1', metadata },
  });
}

function configuration(handlers: Readonly<Record<string, Handler>>): string {
  const handlersOf = (pipeline: string): readonly object[] =>
    Object.entries(handlers)
      .filter(([, handler]) => (handler.pipeline ?? 'httpPipeline') === pipeline)
      .map(([name]) => ({ name, type: 'middleware.http.opa' }));
  return JSON.stringify({
    apiVersion: 'dapr.io/v1alpha1',
    kind: 'Configuration',
    metadata: { name: 'config' },
    spec: {
      httpPipeline: { handlers: handlersOf('httpPipeline') },
      appHttpPipeline: { handlers: handlersOf('appHttpPipeline') },
    },
  });
}

async function siteWith(handlers: Readonly<Record<string, Handler>>): Promise<Site> {
  const seen: Site['seen'] = [];
  const upstream = await startUpstream((request, response) => {
    let body = '';
    request.setEncoding('utf8').on('data', (piece: string) => (body += piece));
    request.on('end', () => {
      seen.push({ url: request.url ?? '', headers: request.headers, body });
      response.end('served');
    });
  });
  const resources: Record<string, string> = { 'up.yaml': httpEndpoint('up', upstream.origin) };
  for (const [name, { settings }] of Object.entries(handlers)) resources[`${name}.yaml`] = component(name, settings);
  const proxy = await startTestProxy({ resources, configuration: configuration(handlers) });
  return { ...proxy, seen };
}

describe.runIf(await canTestOpa())('with an OPA server', () => {
  test('a policy allows, redirects, refuses, and hands on what it knows', async () => {
    const opa = await startOpa();
    const rego = `package http

default allow := true

claim := input.request.headers["X-Claim"]

allow := {"status_code": 301, "additional_headers": {"location": "https://login.example"}} if "login" in input.request.path_parts
allow := false if input.request.query.admin[_] == "1"
allow := {"allow": true, "additional_headers": {"x-my-claim": claim}} if claim
`;
    const site = await siteWith({
      policy: { settings: { url: opa.url, rego, includedHeaders: 'x-claim', defaultStatus: '418' } },
    });
    const to = (rest: string, headers: readonly string[] = []): ReturnType<typeof ask> =>
      ask(site.port, { path: `${path}/${rest}`, headers });
    expect(await to('open')).toMatchObject({ status: 200, body: 'served' });
    expect(await to('login')).toMatchObject({ status: 301, headers: { location: 'https://login.example' } });
    expect(await to('%6cogin')).toMatchObject({ status: 301 });
    expect(await to('open?admin=1')).toMatchObject({ status: 418, body: "I'm a Teapot" });
    expect(site.seen.map(({ url }) => url)).toEqual(['/open']);
    await to('claims', ['X-Claim', 'a', 'X-My-Claim', 'forged']);
    expect(site.seen.at(-1)?.headers).toMatchObject({ 'x-claim': 'a', 'x-my-claim': 'a' });
    expect((await to('open?admin=1')).headers).not.toHaveProperty('x-dapr-opa-error');
  });

  test('a policy sees the headers that are included, and no others', async () => {
    const opa = await startOpa();
    const rego = 'package http\nallow := count(input.request.headers) == 0';
    const site = await siteWith({ policy: { settings: { url: opa.url, rego } } });
    expect(await ask(site.port, { path: `${path}/x`, headers: ['X-Bad', '1'] })).toMatchObject({ status: 200 });
    await site.change('policy.yaml', component('policy', { url: opa.url, rego, includedHeaders: 'x-bad' }));
    expect(await ask(site.port, { path: `${path}/x`, headers: ['X-Bad', '1'] })).toMatchObject({ status: 403 });
  });

  test('readBody shows the body, up to its limit, and the upstream gets it whole', async () => {
    const opa = await startOpa();
    const rego = 'package http\ndefault allow := false\nallow if startswith(input.request.body, "allow-ok")';
    const site = await siteWith({ policy: { settings: { url: opa.url, rego, readBody: 'true' } } });
    const post = (body: string): ReturnType<typeof ask> => ask(site.port, { method: 'POST', path: `${path}/x`, body });
    expect(await post('allow-ok, says the body')).toMatchObject({ status: 200 });
    expect(await post('no')).toMatchObject({ status: 403, body: 'Forbidden' });
    const largest = 'allow-ok'.padEnd(64 * 1024, '.');
    expect(await post(largest)).toMatchObject({ status: 200 });
    expect(await post(`${largest}.`)).toMatchObject({ status: 413 });
    expect(site.seen.map(({ body }) => body)).toEqual(['allow-ok, says the body', largest]);
  });

  test('without readBody a body streams through', async () => {
    const opa = await startOpa();
    const begun = Promise.withResolvers<void>();
    const upstream = await startUpstream((request, response) => {
      request.once('data', () => begun.resolve());
      request.on('end', () => response.end('served'));
    });
    const rego = 'package http\nallow := input.request.body == ""';
    const proxy = await startTestProxy({
      resources: {
        'up.yaml': httpEndpoint('up', upstream.origin),
        'policy.yaml': component('policy', { url: opa.url, rego }),
      },
      configuration: configuration({ policy: { settings: {} } }),
      args: ['--max-body-size=0'],
    });
    const size = 32 * 1024 * 1024;
    const connection = await openRawConnection(proxy.port);
    connection.send(`POST ${path}/x HTTP/1.1\r\nHost: localhost\r\nContent-Length: ${size}\r\n\r\n0123456789`);
    await begun.promise;
    connection.socket.write(Buffer.alloc(size - 10));
    expect(await connection.receives('served')).toMatch(/^HTTP\/1\.1 200 /);
  });

  test('a policy that OPA does not take is a 503 with its reason, until it is mended', async () => {
    const opa = await startOpa();
    const broken = 'package http\nallow := missing(input)';
    const site = await siteWith({ policy: { settings: { url: opa.url, rego: broken } } });
    const refused = await ask(site.port, { path: `${path}/x` });
    expect(refused.status).toBe(503);
    expect(refused.body).toContain('middleware \\"policy\\" (middleware.http.opa)');
    expect(refused.body).toContain('OPA refuses the policy (400): undefined function missing in line 2');
    expect(site.seen).toEqual([]);
    await site.change('policy.yaml', component('policy', { url: opa.url, rego: 'package http\nallow := true' }));
    expect(await ask(site.port, { path: `${path}/x` })).toMatchObject({ status: 200 });
    await site.change('policy.yaml', component('policy', { url: opa.url, rego: 'package http\nallow := false' }));
    expect(await ask(site.port, { path: `${path}/x` })).toMatchObject({ status: 403 });
    await site.change('policy.yaml', component('policy', { rego: broken }));
    const homeless = await ask(site.port, { path: `${path}/x` });
    expect(homeless.status).toBe(503);
    expect(homeless.body).toContain('url is missing: an OPA server decides by the policy');
  });

  test('without OPA nothing goes on; when it is back, without what it knew, everything does', async () => {
    const opa = await startOpa();
    const rego = 'package http\nallow := true';
    const site = await siteWith({ policy: { settings: { url: opa.url, rego } } });
    const call = (): ReturnType<typeof ask> => ask(site.port, { path: `${path}/x` });
    expect(await call()).toMatchObject({ status: 200 });
    await opa.stop();
    expect(await call()).toMatchObject({ status: 403, headers: { 'x-dapr-opa-error': 'true' } });
    expect(site.lines.map(({ message }) => message)).toContain('no decision about a request, which is refused');
    const metrics = await ask(site.running.metricsPort ?? 0, { path: '/metrics' });
    expect(metrics.body).toMatch(/middleware_requests_total\{.*middleware="policy".*outcome="refused".*\} 1$/m);
    await opa.start();
    expect(await opa.policies()).toEqual(new Map());
    await waitUntil(async () => (await call()).status === 200);
    expect((await opa.policies()).size).toBe(1);
    expect(site.seen).toHaveLength(2);
  });

  test('two policies of one package on one OPA do not add up', async () => {
    const opa = await startOpa();
    const site = await siteWith({
      open: { settings: { url: opa.url, rego: 'package http\ndefault allow := false\nallow if true' } },
      closed: {
        pipeline: 'appHttpPipeline',
        settings: {
          url: opa.url,
          rego: 'package http\ndefault allow := false\nallow if data.http.isHome\nisHome if input.request.path == "/home"',
        },
      },
    });
    expect(await ask(site.port, { path: `${path}/away` })).toMatchObject({ status: 403 });
    expect(await ask(site.port, { path: `${path}/home` })).toMatchObject({ status: 200 });
    expect([...(await opa.policies()).keys()].map((id) => id.replace(/p[0-9a-f]{32}$/, '…')).toSorted()).toEqual([
      'farpoint/default/orders/closed/…',
      'farpoint/default/orders/open/…',
    ]);
  });

  test("a policy of OPA's own decides over HTTPS, and no other server does", async () => {
    const { rootCa, server } = await createTestAuthority({ name: 'opa' });
    const tls = { ...server, ca: rootCa.value };
    const files = { 'shop.rego': 'package shop.orders\ndefault open := false\nopen if input.request.method == "GET"' };
    const opa = await startOpa({ tls, files });
    const settings = { url: opa.url, decision: 'shop/orders/open', rootCA: rootCa.value };
    const site = await siteWith({ policy: { settings } });
    expect(await ask(site.port, { path: `${path}/x` })).toMatchObject({ status: 200 });
    expect(await ask(site.port, { path: `${path}/x`, method: 'DELETE' })).toMatchObject({ status: 403 });
    await site.change('policy.yaml', component('policy', { url: opa.url, decision: 'shop/orders/open' }));
    expect(await ask(site.port, { path: `${path}/x` })).toMatchObject({
      status: 403,
      headers: { 'x-dapr-opa-error': 'true' },
    });
  });

  test('Rego of before OPA 1.0 is for an OPA that reads it', async () => {
    const rego =
      'package http\ndefault allow = true\nallow = { "status_code": 301 } {\n  input.request.path_parts[4] == "old"\n}';
    const today = await startOpa();
    const site = await siteWith({ policy: { settings: { url: today.url, rego } } });
    expect((await ask(site.port, { path: `${path}/old` })).body).toContain('start OPA with --v0-compatible');
    const before = await startOpa({ args: ['--v0-compatible'] });
    await site.change('policy.yaml', component('policy', { url: before.url, rego }));
    expect(await ask(site.port, { path: `${path}/old` })).toMatchObject({ status: 301 });
    expect(await ask(site.port, { path: `${path}/new` })).toMatchObject({ status: 200 });
  });
});

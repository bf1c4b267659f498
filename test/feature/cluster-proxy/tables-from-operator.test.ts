/** A proxy in kubernetes mode serves what its operator sends, and goes on serving it whatever happens to the operator. */
import { readdir, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { expect, test } from 'vitest';
import type { EndpointTable } from '#shared/table/endpoint-table.ts';
import { closedConfiguration, closedPipelines } from '../../../operator/tables/closed-configuration.ts';
import { ask, errorOf } from '../../support/ask.ts';
import { httpEndpoint } from '../../support/http-endpoint.ts';
import { startClusterProxy, type ClusterProxy } from '../../support/start-cluster-proxy.ts';
import { findPlanted, planted } from '../../support/planted-secrets.ts';
import { messagesOf, startTestOperator, syncedOf, type TestOperator } from '../../support/start-test-operator.ts';
import { waitUntil } from '../../support/start-test-proxy.ts';
import { startUpstream } from '../../support/start-upstream.ts';
import { tableOf } from '../../support/table-of.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import { endpointManifest, secretManifest } from '../../support/tls-manifests.ts';

async function proxyOf(operator: TestOperator, args: readonly string[] = []): Promise<ClusterProxy> {
  const { tokenFile, caFile, port } = operator;
  return startClusterProxy({ address: `127.0.0.1:${port}`, tokenFile, caFile, args });
}

async function statusOf(proxy: ClusterProxy, path: string): Promise<number> {
  return (await ask(proxy.port, { path })).status;
}

test('is not ready until the first table, and serves it from then on', async () => {
  const upstream = await startUpstream((_request, response) => response.end('far'));
  const operator = await startTestOperator();
  const proxy = await proxyOf(operator);
  await waitUntil(() => operator.streams.length === 1);
  const early = await ask(proxy.port, { path: '/v1.0/invoke/far/method/' });
  expect({ status: early.status, retryAfter: early.headers['retry-after'] }).toEqual({ status: 503, retryAfter: '1' });
  expect(errorOf(early).message).toBe('invoke API is not ready');
  // What a Configuration allows, and who guards it, is not known yet.
  for (const [method, path] of [
    ['GET', '/v1.0/metadata'],
    ['PUT', '/v1.0/metadata/x'],
    ['POST', '/v1.0/shutdown'],
  ] as const) {
    expect((await ask(proxy.port, { method, path })).status, path).toBe(503);
  }
  expect(await statusOf(proxy, '/v1.0/healthz')).toBe(500);
  expect(await statusOf(proxy, '/v1.0/healthz/outbound')).toBe(500);
  expect(proxy.lines.map(({ message }) => message)).not.toContain('proxy is ready');

  const table = tableOf(httpEndpoint('far', upstream.origin));
  operator.streams[0]?.send(...messagesOf(table));
  await waitUntil(() => operator.acknowledgements.length === 1);
  expect(operator.acknowledgements).toEqual([
    { stream: 'stream-0', revision: table.revision, state: 'applied', reasons: [] },
  ]);
  expect((await ask(proxy.port, { path: '/v1.0/invoke/far/method/' })).body).toBe('far');
  expect(await statusOf(proxy, '/v1.0/healthz')).toBe(204);
  expect(proxy.running.tableRevision()).toBe(table.revision);
  expect(proxy.lines.filter(({ message }) => message === 'proxy is ready')).toHaveLength(1);
});

test('whose Configuration is not there answers health alone, and says of everything else what is missing', async () => {
  const operator = await startTestOperator();
  const { apiAccess } = closedConfiguration;
  const pipelines = closedPipelines({ namespace: 'shop', appId: 'orders', configuration: 'strict' }, 'missing');
  operator.onStream = (stream) =>
    stream.send(...messagesOf({ ...tableOf(httpEndpoint('far', 'http://127.0.0.1:9')), apiAccess, pipelines }));
  const proxy = await proxyOf(operator);
  await waitUntil(() => operator.acknowledgements.length === 1);
  const why = 'there is no Configuration shop/strict; nothing is allowed until there is one';
  for (const [method, path] of [
    ['GET', '/v1.0/invoke/far/method/'],
    ['GET', '/v1.0/metadata'],
    ['POST', '/v1.0/shutdown'],
    ['GET', '/elsewhere'],
  ] as const) {
    const answer = await ask(proxy.port, { method, path });
    expect(answer.status, path).toBe(503);
    expect(errorOf(answer).message).toBe(`Configuration "strict" is refused: ConfigurationNotFound: ${why}`);
  }
  expect(await statusOf(proxy, '/v1.0/healthz')).toBe(204);
  expect(await statusOf(proxy, '/v1.0/healthz/outbound')).toBe(204);
  const said = proxy.lines.filter(({ fields }) => fields['problem'] === why);
  expect(said).toMatchObject([{ level: 'error', fields: { kind: 'Configuration', name: 'strict' } }]);
});

/** With these in use. */
async function startServing(
  operator: TestOperator,
  table: EndpointTable,
  args: readonly string[] = [],
): Promise<ClusterProxy> {
  operator.onStream = (stream) => stream.send(...messagesOf(table));
  const proxy = await proxyOf(operator, args);
  await waitUntil(() => operator.acknowledgements.length > 0);
  return proxy;
}

test('keeps the connections of endpoints that did not change, and of those whose headers did', async () => {
  const seen = { kept: new Set<unknown>(), moved: new Set<unknown>() };
  const kept = await startUpstream((request, response) => response.end(String(seen.kept.add(request.socket).size)));
  const moved = await startUpstream((request, response) => response.end(String(seen.moved.add(request.socket).size)));
  const operator = await startTestOperator();
  const manifests = (value: string, path: string): EndpointTable =>
    tableOf(
      endpointManifest({ name: 'same', baseUrl: kept.origin }),
      endpointManifest({ name: 'header', baseUrl: moved.origin, headers: { 'X-A': { value } } }),
      endpointManifest({ name: 'gone', baseUrl: `${kept.origin}${path}` }),
    );
  const proxy = await startServing(operator, manifests('1', ''));
  const call = async (name: string): Promise<string> =>
    (await ask(proxy.port, { path: `/v1.0/invoke/${name}/method/` })).body;
  expect([await call('same'), await call('header')]).toEqual(['1', '1']);
  for (const [count, value] of ['2', '3', '4'].entries()) {
    operator.streams[0]?.send(...messagesOf(manifests(value, `/${value}`)));
    await waitUntil(() => operator.acknowledgements.length === count + 2);
    expect([await call('same'), await call('header')]).toEqual(['1', '1']);
  }
  operator.streams[0]?.send({ type: 'DELETE', name: 'gone' }, { ...syncedOf(manifests('4', '')), revision: 'last' });
  await waitUntil(() => proxy.running.tableRevision() === 'last');
  expect(await statusOf(proxy, '/v1.0/invoke/gone/method/')).toBe(404);
  expect(await call('same')).toBe('1');
});

test('serves on while the operator is away, and catches up when it is back', async () => {
  const upstream = await startUpstream((request, response) => response.end(request.url));
  const operator = await startTestOperator();
  const table = tableOf(httpEndpoint('far', upstream.origin));
  const proxy = await startServing(operator, table);
  operator.refuseStreams = { status: 503 };
  operator.streams[0]?.cut();
  await waitUntil(() => operator.requests() === 3);
  expect((await ask(proxy.port, { path: '/v1.0/invoke/far/method/x' })).body).toBe('/x');
  expect(await statusOf(proxy, '/v1.0/healthz')).toBe(204);
  const metrics = await metricsOf(proxy);
  expect(metrics).toContain('dapr_httpendpoint_control_plane_connected{app_id="orders"} 0');
  expect(metrics).toMatch(/^dapr_httpendpoint_control_plane_failures_total\{app_id="orders"\} [123]$/m);
  expect(metrics).toContain(
    `dapr_httpendpoint_table_info{app_id="orders",namespace="shop",revision="${table.revision}"} 1`,
  );

  const next = tableOf(httpEndpoint('far', `${upstream.origin}/new`));
  operator.onStream = (stream) => stream.send(...messagesOf(next));
  operator.refuseStreams = null;
  await waitUntil(() => proxy.running.tableRevision() === next.revision);
  expect((await ask(proxy.port, { path: '/v1.0/invoke/far/method/x' })).body).toBe('/new/x');
  expect(await metricsOf(proxy)).toContain('dapr_httpendpoint_control_plane_connected{app_id="orders"} 1');
});

test('is ready at once after a restart, from its cache, while there is no operator', async () => {
  const upstream = await startUpstream((request, response) =>
    response.end(`${String(request.headers['x-key'])} ${String(request.headers['x-zone'])}`),
  );
  const operator = await startTestOperator();
  const cache = await temporaryFolder();
  const table = tableOf(
    JSON.stringify({
      apiVersion: 'dapr.io/v1alpha1',
      kind: 'HTTPEndpoint',
      metadata: { name: 'far' },
      auth: { secretStore: 'kubernetes' },
      spec: {
        baseUrl: upstream.origin,
        headers: [
          { name: 'X-Key', secretKeyRef: { name: 's', key: 'k' } },
          { name: 'X-Zone', envRef: 'ZONE' },
        ],
      },
    }),
    secretManifest('s', { k: 'key' }),
  );
  const call = async (proxy: ClusterProxy): Promise<string> =>
    (await ask(proxy.port, { path: '/v1.0/invoke/far/method/' })).body;
  operator.onStream = (stream) => stream.send(...messagesOf(table));
  const { tokenFile, caFile, port } = operator;
  const options = { address: `localhost:${port}`, tokenFile, caFile, args: [`--table-cache-dir=${cache}`] };
  const first = await startClusterProxy({ ...options, env: { ZONE: 'eu' } });
  await waitUntil(async () => (await readdir(cache)).includes('table.ndjson'));
  expect(await call(first)).toBe('key eu');
  await first.stop();
  expect((await stat(join(cache, 'table.ndjson'))).mode & 0o777).toBe(0o600);

  operator.refuseStreams = { status: 503 };
  const second = await startClusterProxy({ ...options, env: { ZONE: 'us' } });
  expect(await statusOf(second, '/v1.0/healthz')).toBe(204);
  expect(await call(second)).toBe('key us');
  const streams = operator.streams.length;
  operator.refuseStreams = null;
  await waitUntil(() => operator.streams.length > streams);
  expect(operator.streams.at(-1)?.hello).toMatchObject({
    revision: table.revision,
    revisionsByName: { far: table.endpointsByName.get('far')?.revision },
  });

  const stranger = await startClusterProxy({ ...options, args: [...options.args, '--app-id=payments'] });
  operator.onStream = () => undefined;
  expect(stranger.lines.map(({ message }) => message)).toContain('the table cache cannot be used');
});

test('ends at once while it still tries to connect', async () => {
  const operator = await startTestOperator();
  operator.isAnswering = false;
  const proxy = await proxyOf(operator);
  await waitUntil(() => operator.requests() === 1);
  await proxy.stop();
  expect(await proxy.running.ended).toBe('graceful');
});

test('shows no secret and no token, whatever happens', async () => {
  const upstream = await startUpstream((_request, response) => response.end());
  const operator = await startTestOperator();
  await writeFile(operator.tokenFile, planted('token'));
  const headers = { 'X-Inline': { value: planted('inline') }, 'X-Secret': { secret: 's', key: 'k' } };
  const good = tableOf(
    endpointManifest({ name: 'far', baseUrl: upstream.origin.replace('://', `://me:${planted('url')}@`), headers }),
    secretManifest('s', { k: planted('secret') }),
  );
  const proxy = await startServing(operator, good, ['--enable-api-logging', '--log-level=debug']);
  const [upsert] = messagesOf(good) as readonly [{ endpoint: object }];
  for (const text of [
    `{"type":"UPSERT","endpoint":{"name":"x","state":"${planted('state')}"}}`,
    JSON.stringify({ type: 'UPSERT', endpoint: { ...upsert.endpoint, baseUrl: planted('base') } }),
    JSON.stringify({ type: 'SYNCED', revision: '', options: planted('options') }),
    planted('no-json'),
  ]) {
    const { length } = operator.acknowledgements;
    operator.streams.at(-1)?.write(`${text}\n`);
    operator.streams.at(-1)?.send(...messagesOf(good).slice(1));
    await waitUntil(() => operator.acknowledgements.length > length && operator.streams.at(-1)?.isClosed === false);
  }
  const count = operator.requests();
  operator.refuseStreams = { status: 401, body: `the token ${planted('token')} is bad` };
  operator.streams.at(-1)?.cut();
  await waitUntil(() => operator.requests() > count);
  const calls = [
    await ask(proxy.port, { path: '/v1.0/invoke/far/method/' }),
    await ask(proxy.port, { path: '/v1.0/metadata' }),
  ];
  const shown = [
    JSON.stringify(proxy.lines, (_key, value: unknown) =>
      value instanceof Error ? `${value.stack} ${inspect(value)}` : value,
    ),
    inspect(proxy.lines, { depth: 10 }),
    await metricsOf(proxy),
    JSON.stringify([operator.acknowledgements, operator.streams.map(({ hello }) => hello)]),
    ...calls.map(({ body, rawHeaders }) => `${body} ${rawHeaders.join(' ')}`),
  ].join('\n');
  expect(findPlanted(shown, [])).toEqual([]);
  expect(shown).toContain('far');
});

async function metricsOf(proxy: ClusterProxy): Promise<string> {
  return (await ask(proxy.metricsPort, { path: '/metrics' })).body;
}

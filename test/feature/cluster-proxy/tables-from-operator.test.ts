/** A proxy in kubernetes mode serves what its operator sends, and goes on serving it whatever happens to the operator. */
import { expect, test } from 'vitest';
import { ask, errorOf } from '../../support/ask.ts';
import { httpEndpoint } from '../../support/http-endpoint.ts';
import { startClusterProxy, type ClusterProxy } from '../../support/start-cluster-proxy.ts';
import { messagesOf, startTestOperator, type TestOperator } from '../../support/start-test-operator.ts';
import { waitUntil } from '../../support/start-test-proxy.ts';
import { startUpstream } from '../../support/start-upstream.ts';
import { tableOf } from '../../support/table-of.ts';

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
  expect(await statusOf(proxy, '/v1.0/healthz')).toBe(500);
  expect(await statusOf(proxy, '/v1.0/healthz/outbound')).toBe(500);

  const table = tableOf(httpEndpoint('far', upstream.origin));
  operator.streams[0]?.send(...messagesOf(table));
  await waitUntil(() => operator.acknowledgements.length === 1);
  expect(operator.acknowledgements).toEqual([
    { stream: 'stream-0', revision: table.revision, state: 'applied', reasons: [] },
  ]);
  expect((await ask(proxy.port, { path: '/v1.0/invoke/far/method/' })).body).toBe('far');
  expect(await statusOf(proxy, '/v1.0/healthz')).toBe(204);
  expect(proxy.running.tableRevision()).toBe(table.revision);
});

/** Breakers that an operator sends guard from the first call on, outlive its other changes, and are there after a restart. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { EndpointTable } from '#shared/table/endpoint-table.ts';
import { ask } from '../../support/ask.ts';
import { cb, resilienceFrom, t2 } from '../../support/resilience-stage.ts';
import { startClusterProxy, type ClusterProxy } from '../../support/start-cluster-proxy.ts';
import { messagesOf, startTestOperator, type TestOperator } from '../../support/start-test-operator.ts';
import { waitUntil } from '../../support/start-test-proxy.ts';
import { startUpstream } from '../../support/start-upstream.ts';
import { tableOf } from '../../support/table-of.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import { endpointManifest } from '../../support/tls-manifests.ts';

const hour = { ...cb, timeoutMs: 3_600_000 };

/** `far`, with a header of this value and a breaker. */
function guarded(origin: string, value: string): EndpointTable {
  const table = tableOf(endpointManifest({ name: 'far', baseUrl: origin, headers: { 'X-A': { value } } }));
  return { ...table, revision: value, resilience: resilienceFrom({ far: { breaker: hour, timeout: t2 } }) };
}

async function startFor(operator: TestOperator, args: readonly string[]): Promise<ClusterProxy> {
  const { tokenFile, caFile, port } = operator;
  return startClusterProxy({ address: `127.0.0.1:${port}`, tokenFile, caFile, args });
}

async function statusOf(proxy: ClusterProxy): Promise<number> {
  return (await ask(proxy.port, { path: '/v1.0/invoke/far/method/x' })).status;
}

test('an open breaker stays open while the operator changes the endpoint, and begins closed after a restart', async () => {
  const upstream = await startUpstream((_request, response) => void response.writeHead(500).end());
  const operator = await startTestOperator();
  operator.onStream = (stream) => stream.send(...messagesOf(guarded(upstream.origin, 'one')));
  const folder = await temporaryFolder();
  const args = [`--table-cache-dir=${folder}`];
  const proxy = await startFor(operator, args);
  await waitUntil(() => proxy.running.tableRevision() === 'one');
  expect([await statusOf(proxy), await statusOf(proxy)]).toEqual([500, 503]);

  operator.streams[0]?.send(...messagesOf(guarded(upstream.origin, 'two')));
  await waitUntil(() => proxy.running.tableRevision() === 'two');
  expect(await statusOf(proxy)).toBe(503);
  const kept = join(folder, 'table.ndjson');
  await waitUntil(async () => (await readFile(kept, 'utf8').catch(() => '')).includes('"two"'));
  await proxy.stop();

  operator.refuseStreams = { status: 503 };
  const again = await startFor(operator, args);
  expect(again.running.tableRevision(), 'in force before the first call can come').toBe('two');
  expect([await statusOf(again), await statusOf(again)]).toEqual([500, 503]);
});

/** Pods that ask for a proxy and were made before there was anybody to give them one. */
import { beforeAll, beforeEach, expect, test } from 'vitest';
import { endpointManifest } from '../support/tls-manifests.ts';
import { callingDeployment, callingPod, importCallingApp } from './support/calling-app.ts';
import { installChart, releaseNamespace, uninstallChart } from './support/install-chart.ts';
import { makeOwnNamespace, type OwnNamespace } from './support/own-namespace.ts';
import { secondsText } from './support/seconds-text.ts';
import { sharedCluster } from './support/shared-cluster.ts';
import { showWhenFailed } from './support/show-namespaces.ts';
import { type NodeServer, startUpstream } from './support/start-node-server.ts';
import { answerOf } from './support/steady-requests.ts';

const cluster = sharedCluster();
const soon = { timeout: 60_000, interval: 200 };
const path = '/v1.0/invoke/vault/method/x';
const names = "jsonpath={range .items[*]}{.metadata.name} {.spec.initContainers[*].name}{'\\n'}{end}";
let own: OwnNamespace;
let vault: NodeServer;

beforeAll(async () => {
  [vault] = await Promise.all([startUpstream('vault'), importCallingApp(cluster), uninstallChart(cluster)]);
  own = await makeOwnNamespace(cluster, 'repair');
  const { metadata, spec } = callingPod({ name: 'bare' });
  const bare = { apiVersion: 'v1', kind: 'Pod', metadata: { ...metadata, name: 'bare' }, spec };
  await own.apply(callingDeployment({ name: 'orders', replicas: 2 }), JSON.stringify(bare));
  await own.rolledOut('orders');
  return async () => {
    await own.remove();
    await vault.close();
  };
});

beforeEach(() => showWhenFailed(cluster, () => [own.name]));

test('they are told about, and with evict those of a controller are replaced', async () => {
  const pods = await own.podsOf('orders');
  const untouched = [...pods, 'bare'].toSorted();
  expect(await podsAndProxies()).toEqual(untouched);

  await installChart(cluster, { repair: { interval: '2s' } });
  await own.apply(endpointManifest({ name: 'vault', baseUrl: vault.origin }));
  await expect.poll(podsOfEvents, soon).toEqual(untouched);
  await expect.poll(podsWithoutProxy, soon).toBe(3);
  expect(await own.kubectl('describe', 'pod', 'bare')).toMatch(
    /Warning +ProxyMissing .*nothing else does, so it is left alone/,
  );
  expect(await podsAndProxies()).toEqual(untouched);

  await installChart(cluster, { repair: { mode: 'evict', interval: '2s' } });
  const evictingMs = performance.now();
  await expect.poll(podsWithoutProxy, soon).toBe(1);
  await own.rolledOut('orders');
  const tookMs = performance.now() - evictingMs;
  const replaced = await podsAndProxies();
  expect(replaced.filter((pod) => pod.endsWith(' daprd'))).toHaveLength(2);
  expect(replaced.filter((pod) => pods.some((name) => pod.startsWith(name)))).toEqual([]);
  expect(await answerOf(`${await own.serviceUrl('orders')}${path}`)).toBe('vault');
  process.stdout.write(`two pods were replaced ${secondsText(tookMs)} after the upgrade\n`);
  expect(replaced).toContain('bare');
});

/** As `orders-1 daprd`. */
async function podsAndProxies(): Promise<readonly string[]> {
  const lines = (await own.kubectl('get', 'pods', `--output=${names}`)).split('\n');
  return lines
    .map((line) => line.trim())
    .filter((line) => line !== '')
    .toSorted();
}

async function podsOfEvents(): Promise<readonly string[]> {
  const selector = '--field-selector=reason=ProxyMissing,involvedObject.kind=Pod';
  const found = await own.kubectl('get', 'events', selector, '--output=jsonpath={.items[*].involvedObject.name}');
  return found.split(' ').toSorted();
}

interface PodList {
  readonly items: readonly { readonly status: { readonly podIP?: string } }[];
}

/** What the operators' metrics say: the leader's, for the others count none. */
async function podsWithoutProxy(): Promise<number> {
  const listPath = `/api/v1/namespaces/${releaseNamespace}/pods?labelSelector=app.kubernetes.io/name=farpoint-operator`;
  const { items } = await cluster.mustRequest<PodList>({ method: 'GET', path: listPath });
  const metrics = await Promise.all(items.map(({ status }) => answerOf(`http://${status.podIP}:9090/metrics`)));
  const counts = metrics.map((text) => Number(/^farpoint_operator_pods_without_proxy (\d+)$/m.exec(text)?.[1] ?? 0));
  return Math.max(...counts);
}

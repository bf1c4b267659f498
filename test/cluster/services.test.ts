/** Services of apps, who owns what, and how soon a Pod of a new namespace can start, on a real API server. */
import { describe, expect, onTestFinished, test } from 'vitest';
import { systemClock } from '#shared/clock/clock.ts';
import { createListWatch } from '../../operator/kube/create-list-watch.ts';
import { noListWatchMetrics } from '../../operator/kube/list-watch-metrics.ts';
import type { KubeObject } from '../../operator/kube/kube-object.ts';
import { noOwner } from '../../operator/ownership/object-owner.ts';
import { ServiceWriter } from '../../operator/services/service-writer.ts';
import { PodStore } from '../../operator/source/pod-store.ts';
import { ask } from '../support/ask.ts';
import { kubeObject } from '../support/kube-objects.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { memoryLogger } from '../support/memory-logger.ts';
import { waitUntil } from '../support/start-test-proxy.ts';
import { operatorKube } from './support/identity-site.ts';
import { createPod } from './support/injected-pod.ts';
import { clusterRoleOf, installFarpoint } from './support/install-farpoint.ts';
import { sharedControlPlane } from './support/shared-control-plane.ts';
import { startReadyOperator, type ClusterOperator } from './support/start-cluster-operator.ts';

const cluster = sharedControlPlane();

interface Site {
  /** The operator's own. */
  readonly namespace: string;
  /** Where apps are. */
  readonly apps: string;
  readonly kubeconfig: string;
  readonly start: (...args: readonly string[]) => Promise<ClusterOperator>;
}

async function site(ownerClusterRole = ''): Promise<Site> {
  const namespace = await cluster.createNamespace('far');
  const apps = await cluster.createNamespace('apps');
  const watchNamespaces = [apps];
  const role = ownerClusterRole === '' ? '' : clusterRoleOf(namespace);
  const grants = { ownerClusterRole: role };
  const { kubeconfigPath: kubeconfig } = await installFarpoint(cluster, { namespace, watchNamespaces, grants });
  const start = (...args: readonly string[]): Promise<ClusterOperator> =>
    startReadyOperator({ kubeconfig, namespace, watchNamespaces, args: [`--owner-cluster-role=${role}`, ...args] });
  return { namespace, apps, kubeconfig, start };
}

async function read(path: string): Promise<KubeObject | null> {
  const { status, body } = await cluster.request<KubeObject>({ path });
  return status === 200 ? body : null;
}

const servicePath = (namespace: string, name: string): string => `/api/v1/namespaces/${namespace}/services/${name}`;

async function serviceOf(namespace: string, name: string): Promise<KubeObject> {
  const path = servicePath(namespace, name);
  await waitUntil(async () => (await read(path)) !== null);
  const service = await read(path);
  if (service === null) throw new Error(`${path} is gone`);
  return service;
}

async function merge(path: string, body: unknown): Promise<void> {
  await cluster.mustRequest({ method: 'PATCH', path, contentType: 'application/merge-patch+json', body });
}

describe('the Service of an app', () => {
  test('is not there for Pods that are through, such as those of a Job', async () => {
    const { apps, start } = await site();
    await createPod(cluster, { namespace: apps, name: 'report-0', appId: 'report' });
    await cluster.mustRequest({
      method: 'PATCH',
      path: `/api/v1/namespaces/${apps}/pods/report-0/status`,
      contentType: 'application/merge-patch+json',
      body: { status: { phase: 'Succeeded' } },
    });
    await start();
    await createPod(cluster, { namespace: apps, name: 'orders-0' });
    await serviceOf(apps, 'orders-dapr');
    expect(await read(servicePath(apps, 'report-dapr'))).toBeNull();
  });

  test('comes with its first Pod, is repaired and restored, and not written otherwise', async () => {
    const { apps, start } = await site();
    await start();
    const annotations = { 'metrics-port': '9123', 'sidecar-svc-annotations': 'example.com/team=shop' };
    await createPod(cluster, { namespace: apps, name: 'orders-0', annotations });
    const first = await serviceOf(apps, 'orders-dapr');
    expect(first.metadata.annotations).toMatchObject({ 'example.com/team': 'shop', 'prometheus.io/port': '9123' });
    expect(first['spec']).toMatchObject({
      clusterIP: 'None',
      selector: { 'dapr.io/app-id': 'orders', 'dapr.io/sidecar-injected': 'true' },
      ports: [
        { name: 'dapr-http', port: 80, targetPort: 3500 },
        { name: 'dapr-metrics', port: 9123 },
      ],
    });
    for (let n = 1; n < 5; n += 1) {
      await createPod(cluster, { namespace: apps, name: `orders-${n}`, annotations });
      await merge(`/api/v1/namespaces/${apps}/pods/orders-${n}`, { metadata: { annotations: { seen: 'yes' } } });
    }
    // Later than those, so that they were seen.
    await createPod(cluster, { namespace: apps, name: 'cart-0', appId: 'cart' });
    await serviceOf(apps, 'cart-dapr');
    expect(await read(servicePath(apps, 'orders-dapr'))).toEqual(first);

    await merge(servicePath(apps, 'orders-dapr'), {
      metadata: { labels: { mine: '1' } },
      spec: { selector: { a: 'b' } },
    });
    await waitUntil(async () => {
      const { spec, metadata } = await serviceOf(apps, 'orders-dapr');
      expect(metadata.labels).toHaveProperty('mine', '1');
      return !JSON.stringify(spec).includes('"a":"b"');
    });
    await cluster.mustRequest({ method: 'DELETE', path: servicePath(apps, 'orders-dapr') });
    await waitUntil(async () => {
      const service = await read(servicePath(apps, 'orders-dapr'));
      return service !== null && service.metadata.uid !== first.metadata.uid;
    });
  });

  test('does not take the place of one of somebody else, which gets an Event', async () => {
    const { apps, start } = await site();
    const { running } = await start();
    const theirs = await cluster.mustRequest<KubeObject>({
      path: `/api/v1/namespaces/${apps}/services`,
      body: { metadata: { name: 'orders-dapr' }, spec: { selector: { app: 'orders' }, ports: [{ port: 80 }] } },
    });
    await createPod(cluster, { namespace: apps, name: 'orders-0' });
    const events = `/apis/events.k8s.io/v1/namespaces/${apps}/events`;
    await waitUntil(async () => JSON.stringify(await read(events)).includes('ServiceNotOwned'));
    expect(await serviceOf(apps, 'orders-dapr')).toEqual(theirs);
    const metrics = async (): Promise<string> => (await ask(running.metricsPort, { path: '/metrics' })).body;
    await waitUntil(async () => (await metrics()).includes('farpoint_operator_services{owner="foreign"} 1'));
  });

  test('goes when nobody needs it, but not when it was changed a moment ago', async () => {
    const namespace = await cluster.createNamespace('far');
    const apps = await cluster.createNamespace('apps');
    const kube = await operatorKube(cluster, namespace);
    const logger = memoryLogger([]);
    const clock = new ManualClock();
    const pods = new PodStore();
    const controller = new AbortController();
    const running = new ServiceWriter({
      kube,
      createListWatch: (options) =>
        createListWatch(options, { source: kube, clock: systemClock, logger, metrics: noListWatchMetrics }),
      namespaces: [apps],
      pods,
      annotationPrefixes: ['dapr.io'],
      owner: noOwner,
      warn: () => undefined,
      metrics: { serviceWritten: () => undefined, services: () => undefined },
      clock,
      logger,
    }).run(controller.signal);
    onTestFinished(async () => {
      controller.abort();
      await running;
    });
    const labels = { 'dapr.io/app-id': 'orders', 'dapr.io/sidecar-injected': 'true' };
    pods.upsert(kubeObject('orders-0', { namespace: apps, labels }));
    const isThere = async (): Promise<boolean> => (await read(servicePath(apps, 'orders-dapr'))) !== null;
    await waitUntil(async () => {
      clock.advance(200);
      return isThere();
    });
    pods.remove(`${apps}/orders-0`);
    clock.advance(200);
    await merge(servicePath(apps, 'orders-dapr'), { metadata: { labels: { mine: '1' } } });
    await waitUntil(async () => {
      clock.advance(1_000);
      return !(await isThere());
    });
    expect(clock.monotonicMs()).toBeGreaterThan(60_000);
  });
});

describe('with an owner', () => {
  const uidsOf = (object: KubeObject | null): readonly string[] =>
    object?.metadata.ownerReferences?.map(({ uid }) => uid) ?? [];

  test('everything that the operator makes goes with it, also what was made for a former one', async () => {
    const { namespace, apps, start } = await site('yes');
    const rolePath = `/apis/rbac.authorization.k8s.io/v1/clusterroles/${clusterRoleOf(namespace)}`;
    const paths = [
      `/api/v1/namespaces/${namespace}/secrets/farpoint-control-plane`,
      `/api/v1/namespaces/${apps}/configmaps/farpoint-trust-bundle`,
      servicePath(apps, 'orders-dapr'),
      `/apis/coordination.k8s.io/v1/namespaces/${namespace}/leases/farpoint-operator`,
      `/apis/coordination.k8s.io/v1/namespaces/${namespace}/leases/farpoint-replica-replica-a`,
    ];
    const isOwnedBy = async (uid: string): Promise<boolean> => {
      const objects = await Promise.all(paths.map(read));
      return objects.every((object) => uidsOf(object).join() === uid);
    };
    const before = await read(rolePath);
    const first = await start();
    await createPod(cluster, { namespace: apps, name: 'orders-0' });
    await waitUntil(() => isOwnedBy(before?.metadata.uid ?? 'none'));
    await first.stop();
    // As after helm uninstall and install, with a garbage collector that is slow.
    await cluster.mustRequest({ method: 'DELETE', path: rolePath });
    const { name, ...role } = { name: clusterRoleOf(namespace), ...before };
    const after = await cluster.mustRequest<KubeObject>({
      path: '/apis/rbac.authorization.k8s.io/v1/clusterroles',
      body: { ...role, metadata: { name } },
    });
    await start();
    await waitUntil(() => isOwnedBy(after.metadata.uid));
    expect(after.metadata.uid).not.toBe(before?.metadata.uid);
  });

  test('nothing is owned where none is named', async () => {
    const { namespace, apps, start } = await site();
    await start();
    await createPod(cluster, { namespace: apps, name: 'orders-0' });
    const service = await serviceOf(apps, 'orders-dapr');
    const secret = await read(`/api/v1/namespaces/${namespace}/secrets/farpoint-control-plane`);
    expect([...uidsOf(service), ...uidsOf(secret)]).toEqual([]);
  });
});

test('a Pod of a new namespace finds its trust bundle before a kubelet has tried twice', async () => {
  const namespace = await cluster.createNamespace('far');
  const { kubeconfigPath: kubeconfig } = await installFarpoint(cluster, { namespace });
  const { running } = await startReadyOperator({ kubeconfig, namespace, watchNamespaces: [] });
  await waitUntil(() => running.isLeader());
  const times: number[] = [];
  for (let n = 0; n < 5; n += 1) {
    const apps = await cluster.createNamespace('apps');
    await createPod(cluster, { namespace: apps, name: 'orders-0' });
    const createdMs = systemClock.monotonicMs();
    const path = `/api/v1/namespaces/${apps}/configmaps/farpoint-trust-bundle`;
    await waitUntil(async () => (await read(path)) !== null);
    times.push(systemClock.monotonicMs() - createdMs);
  }
  // A kubelet tries again after 500 ms.
  expect(Math.min(...times), `${times.map(Math.round).join(', ')} ms`).toBeLessThan(500);
});

/** The beginning and the end of an operator, and two that share the work. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { defaultTokenAudience } from '#shared/push/push-channel.ts';
import { ask } from '../support/ask.ts';
import { startUpstream } from '../support/start-upstream.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { endpointManifest } from '../support/tls-manifests.ts';
import { waitUntil } from '../support/start-test-proxy.ts';
import { installCrds } from './support/install-crds.ts';
import { installFarpoint } from './support/install-farpoint.ts';
import { sharedControlPlane } from './support/shared-control-plane.ts';
import { startClusterOperator, startReadyOperator, type ClusterOperator } from './support/start-cluster-operator.ts';
import { startControlPlane } from './support/start-control-plane.ts';
import { startPodProxy, type PodProxy } from './support/start-pod-proxy.ts';

const client = sharedControlPlane();

describe('an operator that starts', () => {
  test('waits for the API server and for the CRDs, and says so', async () => {
    const controlPlane = await startControlPlane();
    onTestFinished(() => controlPlane.stop());
    const namespace = await controlPlane.createNamespace('far');
    await controlPlane.stopApiServer();

    const { running } = await startClusterOperator({
      kubeconfig: controlPlane.access.kubeconfigPath,
      namespace,
      watchNamespaces: [],
    });
    const readiness = (): Promise<{ status: number; body: string }> => ask(running.metricsPort, { path: '/readyz' });
    expect(await readiness()).toMatchObject({
      status: 503,
      body: expect.stringContaining('the API server has not answered') as string,
    });
    expect((await ask(running.metricsPort, { path: '/healthz' })).status).toBe(200);

    await controlPlane.startApiServer();
    const unknown = 'not ready: the API server does not know httpendpoints.dapr.io: install crds/';
    await waitUntil(async () => (await readiness()).body.includes(unknown));
    expect(running.pushPort).toBe(0);

    await installCrds(controlPlane);
    await waitUntil(() => running.isReady());
    expect((await readiness()).status).toBe(200);
    expect(running.pushPort).toBeGreaterThan(0);
  });

  test('can be ended before it is ready', async () => {
    const { running } = await startClusterOperator({
      kubeconfig: await client.kubeconfigFor(
        { token: 'of-nobody' },
        { ...client.access, server: 'https://127.0.0.1:1' },
      ),
      namespace: 'default',
      watchNamespaces: ['default'],
    });
    running.shutdown();
    expect(await running.ended).toBe('graceful');
  });

  test('ends by itself when it may not read its own Secret', async () => {
    const namespace = await client.createNamespace('far');
    const { running, lines } = await startClusterOperator({
      kubeconfig: await client.kubeconfigFor({ namespace, serviceAccount: 'default' }),
      namespace,
      watchNamespaces: [namespace],
    });
    expect(await running.ended).toBe('forced');
    const failure = lines.find(({ message }) => message === 'a part of the operator failed; the operator ends');
    expect(failure?.fields['err']).toMatchObject({ status: 403 });
  });
});

interface Annotated {
  readonly metadata: { readonly annotations?: Readonly<Record<string, string>> };
}

describe('two replicas', () => {
  interface Fleet {
    readonly namespace: string;
    start(replicaName: string): Promise<ClusterOperator>;
    proxyOf(operator: ClusterOperator, appId: string): Promise<PodProxy>;
    proxiesOf(name: string): Promise<string>;
  }

  async function newFleet(): Promise<Fleet> {
    const namespace = await client.createNamespace('far');
    const { kubeconfigPath } = await installFarpoint(client, { namespace, watchNamespaces: [namespace] });
    const tokenFile = join(await temporaryFolder(), 'token');
    const audience = defaultTokenAudience;
    await writeFile(tokenFile, await client.tokenFor({ namespace, serviceAccount: 'farpoint-operator', audience }));
    return {
      namespace,
      start: (replicaName) =>
        startReadyOperator({
          kubeconfig: kubeconfigPath,
          namespace,
          watchNamespaces: [namespace],
          args: [`--replica-name=${replicaName}`, `--peer-token-file=${tokenFile}`, '--lease-duration=3s'],
        }),
      proxyOf: ({ running }, appId) => startPodProxy({ client, namespace, appId, operatorPort: running.pushPort }),
      proxiesOf: async (name) => {
        const { body } = await client.request<{ readonly status?: { readonly proxies?: string } }>({
          path: `/apis/dapr.io/v1alpha1/namespaces/${namespace}/httpendpoints/${name}`,
        });
        return body.status?.proxies ?? '';
      },
    };
  }

  test('count all proxies together, and the second takes over from the first', async () => {
    const fleet = await newFleet();
    const { namespace } = fleet;
    const upstream = await startUpstream((_request, response) => response.end('far'));
    const first = await fleet.start('replica-a');
    await waitUntil(() => first.running.isLeader());
    const second = await fleet.start('replica-b');
    const proxies = [await fleet.proxyOf(first, 'orders'), await fleet.proxyOf(second, 'billing')];
    await client.apply(endpointManifest({ name: 'one', baseUrl: upstream.origin }), { namespace });
    await waitUntil(async () => (await fleet.proxiesOf('one')) === '2/2');
    expect(second.running.isLeader()).toBe(false);

    await first.stop();
    await waitUntil(() => second.running.isLeader());
    await client.apply(endpointManifest({ name: 'two', baseUrl: upstream.origin }), { namespace });
    // The proxy of the first has nowhere to go in this test: each was told one address.
    await waitUntil(async () => (await fleet.proxiesOf('two')) === '1/1');
    for (const { port } of proxies) {
      expect((await ask(port, { path: '/v1.0/invoke/one/method/x' })).body).toBe('far');
    }
  });

  test('know each other by Leases, which go with them', async () => {
    const fleet = await newFleet();
    const leases = async (): Promise<readonly string[]> => {
      const { items } = await client.mustRequest<{ readonly items: readonly Annotated[] }>({
        method: 'GET',
        path: `/apis/coordination.k8s.io/v1/namespaces/${fleet.namespace}/leases?labelSelector=farpoint.dev/replica`,
      });
      return items.map(({ metadata }) => metadata.annotations?.['farpoint.dev/address'] ?? '');
    };
    const first = await fleet.start('replica-a');
    const second = await fleet.start('replica-b');
    await waitUntil(async () => (await leases()).length === 2);
    expect((await leases()).toSorted()).toEqual(
      [first, second].map(({ running }) => `127.0.0.1:${running.pushPort}`).toSorted(),
    );
    await second.stop();
    expect(await leases()).toEqual([`127.0.0.1:${first.running.pushPort}`]);
  });
});

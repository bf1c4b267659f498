/** What the operator says of HTTPEndpoints, on the real API server, with exactly the permissions that it declares. */
import { describe, expect, onTestFinished, test } from 'vitest';
import { systemClock } from '#shared/clock/clock.ts';
import { createKubeClient } from '../../operator/kube/create-kube-client.ts';
import { loadClusterAccess } from '../../operator/kube/kube-config.ts';
import { httpEndpoints } from '../../operator/kube/resource-types.ts';
import { writeStatus } from '../../operator/status/write-status.ts';
import { waitUntil } from '../support/start-test-proxy.ts';
import { endpointViewer, type EndpointViewer } from './support/endpoint-status.ts';
import { installFarpoint } from './support/install-farpoint.ts';
import { sharedControlPlane } from './support/shared-control-plane.ts';
import { startReadyOperator, type ClusterOperator } from './support/start-cluster-operator.ts';
import { createProxyPod, startPodProxy } from './support/start-pod-proxy.ts';

const client = sharedControlPlane();

interface Site {
  readonly namespace: string;
  readonly view: EndpointViewer;
  readonly operator: ClusterOperator;
  readonly startOperator: () => Promise<ClusterOperator>;
}

async function startSite(): Promise<Site> {
  const namespace = await client.createNamespace('status');
  const watchNamespaces = [namespace];
  const { kubeconfigPath } = await installFarpoint(client, { namespace, watchNamespaces });
  const startOperator = (): Promise<ClusterOperator> =>
    startReadyOperator({ kubeconfig: kubeconfigPath, namespace, watchNamespaces });
  return { namespace, view: endpointViewer(client, namespace), operator: await startOperator(), startOperator };
}

function manifest(name: string, spec: Readonly<Record<string, unknown>> = {}): string {
  return JSON.stringify({
    apiVersion: 'dapr.io/v1alpha1',
    kind: 'HTTPEndpoint',
    metadata: { name },
    spec: { baseUrl: 'https://far.example', ...spec },
  });
}

const withToken = { headers: [{ name: 'X-Token', secretKeyRef: { name: 's', key: 'token' } }] };
const secret = 'apiVersion: v1\nkind: Secret\nmetadata: { name: s }\nstringData: { token: abc }\n';
const withoutProxies = 'Accepted=True ResolvedRefs=True Programmed=False';

describe('conditions', () => {
  test('say what is so, of which generation, and Programmed when the proxies have it', async () => {
    const { namespace, view, operator } = await startSite();
    await client.apply(manifest('a'), { namespace });
    await waitUntil(async () => (await view.shown('a')) === withoutProxies);
    await startPodProxy({ client, namespace, appId: 'orders', operatorPort: operator.running.pushPort });
    const wait = ['wait', '--for=condition=Programmed', '--timeout=30s', `--namespace=${namespace}`, 'hep/a'];
    expect(await client.kubectl(wait)).toMatchObject({ code: 0 });
    expect((await view.get('a'))['status']).toMatchObject({
      observedGeneration: 1,
      proxies: '1/1',
      conditions: [
        { type: 'Accepted', status: 'True', reason: 'Accepted', observedGeneration: 1 },
        { type: 'ResolvedRefs', status: 'True', reason: 'ResolvedRefs', observedGeneration: 1 },
        { type: 'Programmed', status: 'True', message: '1 of 1 proxy has this generation', observedGeneration: 1 },
      ],
    });
    await client.apply(manifest('a', { baseUrl: 'https://other.example' }), { namespace });
    await waitUntil(async () => (await view.condition('a', 'Programmed'))?.observedGeneration === 2);
    await waitUntil(async () => (await view.shown('a')) === 'Accepted=True ResolvedRefs=True Programmed=True');
  });

  test('keep their transition time until their status is another', async () => {
    const { namespace, view } = await startSite();
    await client.apply(manifest('a', withToken), { namespace });
    await waitUntil(async () => (await view.condition('a', 'ResolvedRefs'))?.reason === 'SecretNotFound');
    const before = await view.get('a');
    // Times are in whole seconds: another one must be due before anything can tell them apart.
    const second = Math.floor(Date.now() / 1_000);
    await waitUntil(() => Math.floor(Date.now() / 1_000) > second + 1);
    await client.apply(secret, { namespace });
    await waitUntil(async () => (await view.condition('a', 'ResolvedRefs'))?.status === 'True');
    const time = (object: typeof before, index: number): unknown =>
      (object['status'] as { readonly conditions: readonly { lastTransitionTime: string }[] }).conditions[index]
        ?.lastTransitionTime;
    const after = await view.get('a');
    expect(time(after, 0)).toBe(time(before, 0));
    expect(time(after, 1)).not.toBe(time(before, 1));
  });

  test('tell doubtful things that work as warnings', async () => {
    const { namespace, view } = await startSite();
    await client.apply(manifest('a', { baseUrl: 'http://u:p@a.example', clientTLS: { rootCA: { value: 'x' } } }), {
      namespace,
    });
    await waitUntil(async () => (await view.shown('a')) === withoutProxies);
    const accepted = await view.condition('a', 'Accepted');
    expect(accepted).toMatchObject({ status: 'True', reason: 'AcceptedWithWarnings' });
    expect(accepted?.message).toMatch(/user information.*clientTLS has no effect/);
    expect(accepted?.message).not.toContain('u:p');
  });

  test('tell an app id of the same name while a Pod has it', async () => {
    const { namespace, view } = await startSite();
    await client.apply(manifest('shop'), { namespace });
    const pod = await createProxyPod({ client, namespace, appId: 'shop' });
    await waitUntil(async () => (await view.condition('shop', 'Conflicted'))?.status === 'True');
    const path = `/api/v1/namespaces/${namespace}/pods/${pod.metadata.name}?gracePeriodSeconds=0`;
    await client.mustRequest({ method: 'DELETE', path });
    await waitUntil(async () => (await view.shown('shop')) === withoutProxies);
    const gone = 'Normal NoAppWithSameName: Conflicted is no longer the case';
    await waitUntil(async () => (await view.events('shop')).includes(gone));
    expect((await view.events('shop')).filter((event) => event.includes('Conflicted'))).toHaveLength(2);
  });
});

describe('writes', () => {
  test('do not happen when nothing differs, also with a new leader', async () => {
    const { namespace, view, operator, startOperator } = await startSite();
    await client.apply(manifest('a'), { namespace });
    await waitUntil(async () => (await view.shown('a')) === withoutProxies);
    const before = await view.get('a');
    await operator.stop();
    await startOperator();
    // The leader begins with everything that there is, in order, so what it writes here shows that it has seen the other.
    await client.apply(manifest('b'), { namespace });
    await waitUntil(async () => (await view.shown('b')) === withoutProxies);
    expect((await view.get('a')).metadata.resourceVersion).toBe(before.metadata.resourceVersion);
  });

  test('concern the status alone, under a name of their own', async () => {
    const { namespace, view } = await startSite();
    await client.apply(manifest('a'), { namespace });
    await waitUntil(async () => (await view.shown('a')) === withoutProxies);
    const { metadata } = await view.get('a');
    const own = metadata.managedFields?.filter(({ manager }) => manager === 'farpoint-operator');
    expect(own).toMatchObject([{ subresource: 'status' }]);
    expect(Object.keys(own?.[0]?.fieldsV1 ?? {})).toEqual(['f:status']);
  });

  test('mend what somebody else writes over them', async () => {
    const { namespace, view } = await startSite();
    await client.apply(manifest('a'), { namespace });
    await waitUntil(async () => (await view.shown('a')) === withoutProxies);
    await client.mustRequest({
      method: 'PATCH',
      path: `/apis/dapr.io/v1alpha1/namespaces/${namespace}/httpendpoints/a/status`,
      contentType: 'application/merge-patch+json',
      body: { status: { conditions: [], proxies: '9/9' } },
    });
    await waitUntil(async () => (await view.shown('a')) === withoutProxies);
    expect((await view.get('a'))['status']).toMatchObject({ proxies: '0/0' });
  });

  test('never reach another object of the same name, nor make one', async () => {
    const namespace = await client.createNamespace('status');
    const view = endpointViewer(client, namespace);
    const access = await loadClusterAccess({
      kubeconfig: client.access.kubeconfigPath,
      inCluster: { host: '', port: '' },
      clock: systemClock,
    });
    const kube = createKubeClient({ access, clock: systemClock });
    onTestFinished(() => kube.close());
    await client.apply(manifest('a'), { namespace });
    const former = await view.get('a');
    const write = (): ReturnType<typeof writeStatus> =>
      writeStatus(
        kube,
        {
          of: { type: httpEndpoints, kind: 'HTTPEndpoint' },
          object: former,
          status: { observedGeneration: 1, proxies: '1/1', conditions: [] },
        },
        new AbortController().signal,
      );
    expect(await write()).toMatchObject({ kind: 'written' });
    const path = `/apis/dapr.io/v1alpha1/namespaces/${namespace}/httpendpoints/a`;
    await client.mustRequest({ method: 'DELETE', path });
    expect(await write()).toEqual({ kind: 'outdated' });
    await client.apply(manifest('a'), { namespace });
    expect(await write()).toEqual({ kind: 'outdated' });
    expect(await view.shown('a')).toBe('');
  });
});

describe('Events', () => {
  test('tell each change of a condition, where kubectl describe shows them', async () => {
    const { namespace, view } = await startSite();
    await client.apply(manifest('a', withToken), { namespace });
    const missing = (event: string): boolean => event.startsWith('Warning SecretNotFound: ResolvedRefs is False');
    await waitUntil(async () => (await view.events('a')).some(missing));
    await client.apply(secret, { namespace });
    const resolved = 'Normal ResolvedRefs: ResolvedRefs is True: everything that it refers to was found';
    await waitUntil(async () => (await view.events('a')).includes(resolved));
    expect((await view.events('a')).filter(missing)).toHaveLength(1);
    const { stdout } = await client.kubectl(['describe', 'hep/a', `--namespace=${namespace}`]);
    expect(stdout).toMatch(/Warning +SecretNotFound +\S+ +farpoint.dev\/operator +ResolvedRefs is False/);
  });
});

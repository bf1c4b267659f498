/** The client of the API server against a real one, with the permissions that the operator declares and no others. */
import { beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { systemClock } from '#shared/clock/clock.ts';
import { createKubeClient, type ApiServerClient } from '../../operator/kube/create-kube-client.ts';
import { kubeconfigAccess } from '../../operator/kube/kubeconfig-access.ts';
import {
  configMaps,
  configurations,
  events,
  httpEndpoints,
  leases,
  pods,
  secrets,
  tokenReviews,
} from '../../operator/kube/resource-types.ts';
import { installFarpoint } from './support/install-farpoint.ts';
import { sharedControlPlane } from './support/shared-control-plane.ts';
import { startFaultProxy, type FaultProxy } from './support/start-fault-proxy.ts';

const shared = sharedControlPlane();
const operatorNamespace = 'kube-client-test';
const options = { signal: new AbortController().signal };
const fieldManager = 'farpoint-test';
let kubeconfigPath = '';

beforeAll(async () => {
  ({ kubeconfigPath } = await installFarpoint(shared, { namespace: operatorNamespace }));
});

async function clientOf(path: string, requestTimeoutMs = 30_000): Promise<ApiServerClient> {
  const kube = createKubeClient({ access: await kubeconfigAccess(path), clock: systemClock, requestTimeoutMs });
  onTestFinished(() => kube.close());
  return kube;
}

interface FaultySite {
  readonly kube: ApiServerClient;
  readonly proxy: FaultProxy;
}

async function throughProxy(requestTimeoutMs = 30_000): Promise<FaultySite> {
  const proxy = await startFaultProxy({ target: shared.access });
  const user = { namespace: operatorNamespace, serviceAccount: 'farpoint-operator' };
  const kube = await clientOf(await shared.kubeconfigFor(user, proxy), requestTimeoutMs);
  onTestFinished(() => proxy.close());
  return { kube, proxy };
}

async function createSecret(namespace: string, name: string): Promise<void> {
  await shared.mustRequest({
    path: `/api/v1/namespaces/${namespace}/secrets`,
    body: { metadata: { name, labels: { team: 'a' } }, stringData: { token: 'hunter2' } },
  });
}

describe('reading', () => {
  test('a Secret comes with its values, and without them when only metadata is asked for', async () => {
    const [kube, namespace] = [await clientOf(kubeconfigPath), await shared.createNamespace()];
    await createSecret(namespace, 's');
    const whole = await kube.get(secrets, { namespace, name: 's' }, options);
    expect(whole).toMatchObject({ data: { token: btoa('hunter2') } });
    const metadata = await kube.get(secrets, { namespace, name: 's' }, { ...options, isMetadataOnly: true });
    expect(metadata).toMatchObject({ kind: 'PartialObjectMetadata', metadata: { name: 's', labels: { team: 'a' } } });
    expect(metadata).not.toHaveProperty('data');
  });

  test('what is not there is 404, and nothing to try again', async () => {
    const [kube, namespace] = [await clientOf(kubeconfigPath), await shared.createNamespace()];
    await expect(kube.get(secrets, { namespace, name: 'none' }, options)).rejects.toMatchObject({
      name: 'LinkError',
      kind: 'fatal',
      status: 404,
      message: `GET secrets ${namespace}/none: the API server answers 404 (NotFound: secrets "none" not found)`,
    });
  });

  test.each(['', '.', '..', 'a/b', '../pods', 'a%2Fb'])(
    'a name that none can have (%j) is 404 unasked',
    async (name) => {
      const { kube, proxy } = await throughProxy();
      await expect(kube.get(secrets, { namespace: 'default', name }, options)).rejects.toMatchObject({ status: 404 });
      expect(proxy.requestsOf('get') + proxy.requestsOf('list')).toBe(0);
    },
  );

  test('what is not declared is not asked for', async () => {
    const { kube, proxy } = await throughProxy();
    await expect(kube.delete(pods, { namespace: 'default', name: 'a' }, options)).rejects.toThrow(
      'bug: permissions.ts does not declare "DELETE pods default/a" (delete)',
    );
    expect(proxy.requestsOf('write')).toBe(0);
  });

  test('lists come in pages of one version', async () => {
    const [kube, namespace] = [await clientOf(kubeconfigPath), await shared.createNamespace()];
    for (const name of ['a', 'b', 'c']) await createSecret(namespace, name);
    const query = { type: secrets, namespace, labelSelector: 'team=a', isMetadataOnly: true };
    const first = await kube.listPage(query, { ...options, limit: 2, continueToken: '' });
    if (first.state !== 'read') throw new Error('too large');
    await createSecret(namespace, 'd');
    const second = await kube.listPage(query, { ...options, limit: 2, continueToken: first.continueToken });
    if (second.state !== 'read') throw new Error('too large');
    const objects = [...first.objects, ...second.objects];
    expect(objects.map(({ metadata }) => metadata.name)).toEqual(['a', 'b', 'c']);
    expect(second).toMatchObject({ continueToken: '', resourceVersion: first.resourceVersion });
    expect(JSON.stringify(objects)).not.toContain(btoa('hunter2'));
    const none = { ...query, labelSelector: 'team=b' };
    expect(await kube.listPage(none, { ...options, limit: 2, continueToken: '' })).toMatchObject({ objects: [] });
  });

  test('the shape of a kind is told by discovery, and what is not installed is nothing', async () => {
    const kube = await clientOf(kubeconfigPath);
    const names = await kube.resourceNames(httpEndpoints, options);
    expect(names).toContain('httpendpoints');
    expect(names).toContain('httpendpoints/status');
    expect(await kube.resourceNames({ group: 'none.example', version: 'v1' }, options)).toEqual(new Set());
  });
});

describe('writing', () => {
  test('a Lease is created once, replaced by who knows its version, and deleted', async () => {
    const kube = await clientOf(kubeconfigPath);
    const namespace = operatorNamespace;
    const lease = { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', metadata: { namespace, name: 'writes' } };
    const created = await kube.create(leases, { ...lease, spec: { holderIdentity: 'a' } }, options);
    await expect(kube.create(leases, lease, options)).rejects.toMatchObject({ status: 409, kind: 'transient' });
    const replaced = await kube.replace(leases, { ...created, spec: { holderIdentity: 'b' } }, options);
    expect(replaced).toMatchObject({ spec: { holderIdentity: 'b' } });
    await expect(kube.replace(leases, created, options)).rejects.toMatchObject({ status: 409 });
    const key = { namespace, name: 'writes' };
    const { resourceVersion } = created.metadata;
    await expect(kube.delete(leases, key, { ...options, preconditions: { resourceVersion } })).rejects.toMatchObject({
      status: 409,
    });
    await kube.delete(leases, key, { ...options, preconditions: { uid: created.metadata.uid } });
    await expect(kube.delete(leases, key, options)).rejects.toMatchObject({ status: 404 });
  });

  test('the ConfigMap that is declared is made by server-side apply in any namespace, and no other', async () => {
    const [kube, namespace] = [await clientOf(kubeconfigPath), await shared.createNamespace()];
    const bundle = {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { namespace, name: 'farpoint-trust-bundle' },
      data: { 'ca.crt': 'CA' },
    };
    const applied = await kube.apply(configMaps, bundle, { ...options, fieldManager, force: true });
    expect(applied).toMatchObject({ data: { 'ca.crt': 'CA' } });
    const again = await kube.apply(configMaps, bundle, { ...options, fieldManager, force: true });
    expect(again.metadata.resourceVersion).toBe(applied.metadata.resourceVersion);
  });

  test('fields of another manager are taken over only by force', async () => {
    const [kube, namespace] = [await clientOf(kubeconfigPath), await shared.createNamespace()];
    const bundle = (ca: string): Parameters<typeof kube.apply>[1] => ({
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { namespace, name: 'farpoint-trust-bundle' },
      data: { 'ca.crt': ca },
    });
    await kube.apply(configMaps, bundle('mine'), { ...options, fieldManager: 'another', force: true });
    const conflict = kube.apply(configMaps, bundle('ours'), { ...options, fieldManager, force: false });
    await expect(conflict).rejects.toMatchObject({
      status: 409,
      message: expect.not.stringContaining('ours') as string,
    });
    const forced = await kube.apply(configMaps, bundle('ours'), { ...options, fieldManager, force: true });
    expect(forced).toMatchObject({ data: { 'ca.crt': 'ours' } });
  });

  test('the status of an HTTPEndpoint is applied, and its spec stays', async () => {
    const [kube, namespace] = [await clientOf(kubeconfigPath), await shared.createNamespace()];
    const identity = { apiVersion: 'dapr.io/v1alpha1', kind: 'HTTPEndpoint' };
    await shared.mustRequest({
      path: `/apis/dapr.io/v1alpha1/namespaces/${namespace}/httpendpoints`,
      body: { ...identity, metadata: { name: 'e' }, spec: { baseUrl: 'https://e.example' } },
    });
    const condition = {
      type: 'Accepted',
      status: 'True',
      reason: 'Compiled',
      message: '',
      observedGeneration: 1,
      lastTransitionTime: '2026-01-01T00:00:00Z',
    };
    const applied = await kube.apply(
      httpEndpoints,
      { ...identity, metadata: { namespace, name: 'e' }, status: { conditions: [condition], proxies: '0/0' } },
      { ...options, fieldManager, force: true, subresource: 'status' },
    );
    expect(applied).toMatchObject({ spec: { baseUrl: 'https://e.example' }, status: { conditions: [condition] } });
  });

  test('a token is reviewed', async () => {
    const kube = await clientOf(kubeconfigPath);
    const token = await shared.tokenFor({ namespace: 'default', serviceAccount: 'default', audience: 'far' });
    const review = await kube.create(
      tokenReviews,
      {
        apiVersion: 'authentication.k8s.io/v1',
        kind: 'TokenReview',
        metadata: {},
        spec: { token, audiences: ['far'] },
      },
      options,
    );
    expect(review).toMatchObject({
      status: { authenticated: true, user: { username: 'system:serviceaccount:default:default' } },
    });
  });

  test('an Event that the API server refuses is no secret told', async () => {
    const [kube, namespace] = [await clientOf(kubeconfigPath), await shared.createNamespace()];
    const event = { apiVersion: 'events.k8s.io/v1', kind: 'Event', metadata: { namespace, name: 'e' } };
    await expect(
      kube.create(events, { ...event, action: 'hunter2'.repeat(100), eventTime: 'hunter2' }, options),
    ).rejects.toMatchObject({ kind: 'fatal', message: expect.not.stringContaining('hunter2') as string });
  });
});

describe('trouble', () => {
  const key = { namespace: operatorNamespace, name: 'none' };

  test('a request that is never answered fails in its time', async () => {
    const { kube, proxy } = await throughProxy(300);
    proxy.inject({ kind: 'silence' });
    await expect(kube.get(leases, key, options)).rejects.toMatchObject({
      kind: 'transient',
      status: 0,
      message: `GET leases.coordination.k8s.io ${operatorNamespace}/none: no answer of the API server: no answer within 0.3 s`,
    });
  });

  test('one that is given up ends at once', async () => {
    const { kube, proxy } = await throughProxy();
    proxy.inject({ kind: 'silence' });
    const ending = new AbortController();
    const asking = kube.get(leases, key, { signal: ending.signal });
    ending.abort();
    await expect(asking).rejects.toMatchObject({ name: 'LinkError', status: 0 });
  });

  test.each([{ kind: 'reset' }, { kind: 'half-answer' }] as const)('%o is a failure that may pass', async (fault) => {
    const { kube, proxy } = await throughProxy();
    proxy.inject(fault, { times: 1 });
    const query = { type: leases, namespace: operatorNamespace, labelSelector: '', isMetadataOnly: false };
    const page = { ...options, limit: 10, continueToken: '' };
    await expect(kube.listPage(query, page)).rejects.toMatchObject({ kind: 'transient', status: 0 });
    await expect(kube.listPage(query, page)).resolves.toMatchObject({ state: 'read' });
  });

  test('an answer that is an error is one without its body as well', async () => {
    const { kube, proxy } = await throughProxy();
    proxy.inject({ kind: 'half-answer' }, { times: 1 });
    await expect(kube.get(leases, key, options)).rejects.toMatchObject({ kind: 'fatal', status: 404 });
  });

  test('429 says when', async () => {
    const { kube, proxy } = await throughProxy();
    proxy.inject({ kind: 'status', status: 429, retryAfterSeconds: 3 });
    await expect(kube.get(leases, key, options)).rejects.toMatchObject({ status: 429, retryAfterMs: 3000 });
  });

  test('a token that is not accepted is read once more, and no further', async () => {
    const { proxy } = await throughProxy();
    const kube = await clientOf(await shared.kubeconfigFor({ token: 'nonsense' }, proxy));
    await expect(kube.get(leases, key, options)).rejects.toMatchObject({ status: 401, kind: 'transient' });
    expect(proxy.requestsOf('get')).toBe(2);
  });

  test('a server of another authority is not spoken to', async () => {
    const { proxy } = await throughProxy();
    const user = { namespace: operatorNamespace, serviceAccount: 'farpoint-operator' };
    const { caPem } = shared.access;
    const kube = await clientOf(await shared.kubeconfigFor(user, { server: proxy.server, caPem }));
    await expect(kube.get(leases, key, options)).rejects.toMatchObject({
      kind: 'transient',
      status: 0,
      message: expect.stringMatching(/certificate/) as string,
    });
    expect(proxy.requestsOf('get')).toBe(0);
  });

  test('what the ServiceAccount may not do is said', async () => {
    const user = { namespace: 'default', serviceAccount: 'default' };
    const kube = await clientOf(await shared.kubeconfigFor(user));
    const query = { type: configurations, namespace: '', labelSelector: '', isMetadataOnly: false };
    await expect(kube.listPage(query, { ...options, limit: 1, continueToken: '' })).rejects.toMatchObject({
      kind: 'fatal',
      status: 403,
      message: expect.stringMatching(
        /^list configurations\.dapr\.io everywhere: the API server answers 403 \(Forbidden: .*cannot list resource/,
      ) as string,
    });
  });
});

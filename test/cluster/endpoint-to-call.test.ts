/** From `kubectl apply` to a call: the real API server, operator, push channel and proxy, and a real upstream over mutual TLS. */
import { describe, expect, test } from 'vitest';
import { ask, type Answer } from '../support/ask.ts';
import { createTestAuthority } from '../support/create-test-authority.ts';
import { waitUntil } from '../support/start-test-proxy.ts';
import { clientNameOf, startTlsUpstream, type TlsUpstream } from '../support/start-tls-upstream.ts';
import { endpointManifest, secretManifest, type EndpointOptions } from '../support/tls-manifests.ts';
import { sharedControlPlane } from './support/shared-control-plane.ts';
import { startReadyOperator, type ClusterOperator } from './support/start-cluster-operator.ts';
import { startPodProxy, type PodProxy } from './support/start-pod-proxy.ts';

const client = sharedControlPlane();
const { authority, rootCa, strictServer } = await createTestAuthority({ name: 'upstreams' });

interface Site {
  readonly namespace: string;
  readonly operator: ClusterOperator;
  readonly upstream: TlsUpstream;
}

/** An operator for one namespace, and an upstream that demands a client certificate and says who called with what token. */
async function startSite(): Promise<Site> {
  const namespace = await client.createNamespace('call');
  const operator = await startReadyOperator({
    kubeconfig: client.access.kubeconfigPath,
    namespace,
    watchNamespaces: [namespace],
  });
  return { namespace, operator, upstream: await startStrictUpstream() };
}

function startStrictUpstream(): Promise<TlsUpstream> {
  return startTlsUpstream(strictServer, ({ socket, headers }, response) => {
    response.end(JSON.stringify({ client: clientNameOf(socket), token: headers['x-token'] ?? '' }));
  });
}

function proxyFor({ namespace, operator }: Site, appId = 'orders'): Promise<PodProxy> {
  return startPodProxy({ client, namespace, appId, operatorPort: operator.running.pushPort });
}

function endpointTo({ upstream }: Pick<Site, 'upstream'>, options: Partial<EndpointOptions> = {}): string {
  return endpointManifest({
    name: 'far',
    baseUrl: upstream.origin,
    headers: { 'X-Token': { secret: 'far', key: 'token' } },
    rootCa,
    certificate: { secret: 'far', key: 'tls.crt' },
    privateKey: { secret: 'far', key: 'tls.key' },
    ...options,
  });
}

async function secretWith(token: string, clientName = 'orders'): Promise<string> {
  const { chainPem, privateKeyPem } = await authority.issueClient({ name: clientName });
  return secretManifest('far', { token, 'tls.crt': chainPem, 'tls.key': privateKeyPem });
}

function call(proxy: PodProxy, name = 'far'): Promise<Answer> {
  return ask(proxy.port, { path: `/v1.0/invoke/${name}/method/x` });
}

async function untilAnswer(proxy: PodProxy, expected: Partial<Answer>, name = 'far'): Promise<void> {
  await waitUntil(async () => {
    const answer = await call(proxy, name);
    return Object.entries(expected).every(([field, value]) => answer[field as keyof Answer] === value);
  });
}

interface WithConditions {
  readonly status?: { readonly conditions?: readonly { readonly type: string; readonly status: string }[] };
}

async function untilCondition(namespace: string, name: string, type: string, status: string): Promise<void> {
  await waitUntil(async () => {
    const { body } = await client.request<WithConditions>({
      path: `/apis/dapr.io/v1alpha1/namespaces/${namespace}/httpendpoints/${name}`,
    });
    return body.status?.conditions?.find((condition) => condition.type === type)?.status === status;
  });
}

const answered = (token: string, clientName = 'orders'): Partial<Answer> => ({
  status: 200,
  body: JSON.stringify({ client: clientName, token }),
});

describe('an applied HTTPEndpoint', () => {
  test('is called with the header and the client certificate of its Secret', async () => {
    const site = await startSite();
    const proxy = await proxyFor(site);
    await client.apply(await secretWith('one'), site);
    await client.apply(endpointTo(site), site);
    await untilAnswer(proxy, answered('one'));
    expect((await call(proxy, 'other')).status).toBe(404);
  });
});

describe('what the proxy serves follows', () => {
  test('a change, a deletion and a rename', async () => {
    const site = await startSite();
    const proxy = await proxyFor(site);
    await client.apply(await secretWith('one'), site);
    await client.apply(endpointTo(site), site);
    await untilAnswer(proxy, answered('one'));

    const other = await startStrictUpstream();
    await client.apply(endpointTo({ upstream: other }), site);
    await waitUntil(async () => {
      await call(proxy);
      return other.requests.length > 0;
    });
    expect(await call(proxy)).toMatchObject(answered('one'));

    await client.apply(endpointTo(site, { name: 'farther' }), site);
    await client.kubectl(['delete', 'httpendpoint', 'far', `--namespace=${site.namespace}`]);
    await untilAnswer(proxy, { status: 404 });
    await untilAnswer(proxy, answered('one'), 'farther');
  });

  test('its scopes, and another app id has what is scoped to it alone', async () => {
    const site = await startSite();
    const [orders, billing] = [await proxyFor(site, 'orders'), await proxyFor(site, 'billing')];
    await client.apply(await secretWith('one'), site);
    await client.apply(endpointTo(site, { scopes: ['orders'] }), site);
    await untilAnswer(orders, answered('one'));
    expect((await call(billing)).status).toBe(404);

    await client.apply(endpointTo(site, { scopes: ['billing'] }), site);
    await untilAnswer(billing, answered('one'));
    await untilAnswer(orders, { status: 404 });
  });

  test('a Secret that is rotated, deleted and made again', async () => {
    const site = await startSite();
    const proxy = await proxyFor(site);
    await client.apply(endpointTo(site), site);
    await untilAnswer(proxy, { status: 503 });
    expect((await call(proxy)).body).toContain(`secret ${site.namespace}/far is not in store kubernetes`);

    await client.apply(await secretWith('one'), site);
    await untilAnswer(proxy, answered('one'));

    await client.apply(await secretWith('two', 'orders-2'), site);
    await untilAnswer(proxy, answered('two', 'orders-2'));

    await client.kubectl(['delete', 'secret', 'far', `--namespace=${site.namespace}`]);
    await untilCondition(site.namespace, 'far', 'ResolvedRefs', 'False');
    expect(await call(proxy)).toMatchObject(answered('two', 'orders-2'));

    await client.apply(await secretWith('three'), site);
    await untilAnswer(proxy, answered('three'));
    await untilCondition(site.namespace, 'far', 'ResolvedRefs', 'True');
    await untilCondition(site.namespace, 'far', 'Programmed', 'True');
  });
});

test('two namespaces do not see each other', async () => {
  const namespaces = [await client.createNamespace('call'), await client.createNamespace('call')] as const;
  const [here, there] = namespaces;
  const operator = await startReadyOperator({
    kubeconfig: client.access.kubeconfigPath,
    namespace: here,
    watchNamespaces: namespaces,
  });
  const upstream = await startStrictUpstream();
  const operatorPort = operator.running.pushPort;
  const proxyHere = await startPodProxy({ client, namespace: here, appId: 'orders', operatorPort });
  const proxyThere = await startPodProxy({ client, namespace: there, appId: 'orders', operatorPort });
  await client.apply(await secretWith('here'), { namespace: here });
  await client.apply(endpointTo({ upstream }), { namespace: here });
  await client.apply(endpointTo({ upstream }), { namespace: there });
  await untilAnswer(proxyHere, answered('here'));
  await untilAnswer(proxyThere, { status: 503 });
  expect((await call(proxyThere)).body).toContain(`secret ${there}/far is not in store kubernetes`);

  await client.apply(await secretWith('there'), { namespace: there });
  await untilAnswer(proxyThere, answered('there'));
  expect(await call(proxyHere)).toMatchObject(answered('here'));
});

/** Who a token makes one, on a real API server that issued it, or did not. */
import { afterAll, describe, expect, test } from 'vitest';
import { systemClock } from '#shared/clock/clock.ts';
import type { Authenticator } from '../../operator/identity/authenticator.ts';
import { waitUntil } from '../support/start-test-proxy.ts';
import type { TokenOptions } from './support/connect-control-plane.ts';
import { startIdentitySite } from './support/identity-site.ts';
import { resignedToken, serviceAccountKey, strangerKey, type Claims } from './support/resigned-token.ts';
import { sharedControlPlane } from './support/shared-control-plane.ts';

const cluster = sharedControlPlane();
afterAll(() => cluster.close());

interface PodOptions {
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
  /** A Pod of a node goes only when its kubelet says so. */
  readonly nodeName?: string;
}

interface Pod {
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
}

async function createPod(namespace: string, name: string, options: PodOptions = {}): Promise<Pod> {
  const { labels = { 'dapr.io/sidecar-injected': 'true' }, annotations = {}, nodeName } = options;
  const { metadata } = await cluster.mustRequest<{ readonly metadata: { readonly uid: string } }>({
    path: `/api/v1/namespaces/${namespace}/pods`,
    body: {
      metadata: { name, labels, annotations },
      spec: {
        serviceAccountName: 'default',
        containers: [{ name: 'app', image: 'registry.local/app:1' }],
        ...(nodeName === undefined ? {} : { nodeName }),
      },
    },
  });
  return { namespace, name, uid: metadata.uid };
}

async function patchPod({ namespace, name }: Pod, metadata: unknown): Promise<void> {
  await cluster.mustRequest({
    method: 'PATCH',
    path: `/api/v1/namespaces/${namespace}/pods/${name}`,
    contentType: 'application/merge-patch+json',
    body: { metadata },
  });
}

async function deletePod({ namespace, name }: Pod, graceSeconds = 0): Promise<void> {
  await cluster.mustRequest({
    method: 'DELETE',
    path: `/api/v1/namespaces/${namespace}/pods/${name}?gracePeriodSeconds=${graceSeconds}`,
  });
}

function tokenOf({ namespace, name, uid }: Pod, options: Partial<TokenOptions> = {}): Promise<string> {
  return cluster.tokenFor({
    namespace,
    serviceAccount: 'default',
    pod: { name, uid },
    audience: 'farpoint-operator',
    ...options,
  });
}

async function stateOf({ authenticate }: Authenticator, token: string): Promise<string> {
  const result = await authenticate(token);
  return 'message' in result ? `${result.state}: ${result.message}` : `${result.state}: ${result.identity.appId}`;
}

describe('the token of a Pod with a proxy', () => {
  test('is the identity that the Pod says', async () => {
    const { authenticator, pods } = await startIdentitySite(cluster);
    const namespace = await cluster.createNamespace();
    const pod = await createPod(namespace, 'orders-0', {
      annotations: { 'dapr.io/app-id': 'orders', 'farpoint.dev/config': 'tracing' },
    });
    await waitUntil(() => pods.pod(namespace, 'orders-0') !== null);
    const token = await tokenOf(pod);
    const claims = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()) as { exp: number };
    expect(await authenticator.authenticate(token)).toEqual({
      state: 'accepted',
      identity: {
        namespace,
        podName: 'orders-0',
        podUid: pod.uid,
        appId: 'orders',
        configuration: 'tracing',
        expiresAtMs: claims.exp * 1000,
      },
    });
  });

  test('is good before the watch knows the Pod, for a minute', async () => {
    const { authenticator } = await startIdentitySite(cluster, { isWatching: false });
    const pod = await createPod(await cluster.createNamespace(), 'orders-0');
    const before = systemClock.epochMs();
    const result = await authenticator.authenticate(await tokenOf(pod));
    const expiresAtMs = result.state === 'accepted' ? result.identity.expiresAtMs : 0;
    expect(expiresAtMs).toBeGreaterThanOrEqual(before + 60_000);
    expect(expiresAtMs).toBeLessThanOrEqual(systemClock.epochMs() + 60_000);
  });

  test('never is the identity of another Pod of the same ServiceAccount', async () => {
    const { authenticator } = await startIdentitySite(cluster);
    const namespace = await cluster.createNamespace();
    const orders = await createPod(namespace, 'orders-0', { annotations: { 'dapr.io/app-id': 'orders' } });
    const cart = await createPod(namespace, 'cart-0', { annotations: { 'dapr.io/app-id': 'cart' } });
    expect(await stateOf(authenticator, await tokenOf(orders))).toBe('accepted: orders');
    expect(await stateOf(authenticator, await tokenOf(cart))).toBe('accepted: cart');
  });

  test('ends when the Pod is deleted, and does not become its successor’s', async () => {
    const { authenticator, ended, pods } = await startIdentitySite(cluster);
    const namespace = await cluster.createNamespace();
    const pod = await createPod(namespace, 'orders-0');
    await waitUntil(() => pods.pod(namespace, 'orders-0') !== null);
    const token = await tokenOf(pod);
    expect(await stateOf(authenticator, token)).toBe('accepted: orders-0');
    await deletePod(pod);
    const successor = await createPod(namespace, 'orders-0');
    await waitUntil(() => ended.includes(pod.uid));
    expect(await stateOf(authenticator, token)).toMatch(/^unauthenticated: /);
    expect(ended).not.toContain(successor.uid);
    expect(await stateOf(authenticator, await tokenOf(successor))).toBe('accepted: orders-0');
  });

  test('is good while the Pod finishes, and no longer', async () => {
    const { authenticator, ended, pods } = await startIdentitySite(cluster);
    const namespace = await cluster.createNamespace();
    const pod = await createPod(namespace, 'orders-0', { nodeName: 'node-that-is-away' });
    const token = await tokenOf(pod);
    await waitUntil(() => pods.pod(namespace, 'orders-0') !== null);
    await deletePod(pod, 30);
    await waitUntil(() => pods.pod(namespace, 'orders-0')?.metadata.deletionTimestamp !== undefined);
    expect(await stateOf(authenticator, token)).toBe('accepted: orders-0');
    // A shorter grace period replaces the one before.
    await deletePod(pod, 1);
    await waitUntil(() => ended.includes(pod.uid));
    expect(await stateOf(authenticator, token)).toBe('unauthenticated: the Pod of the token is gone');
    await deletePod(pod);
  });

  test('ends with another app id, and is that one at once', async () => {
    const { authenticator, ended, pods } = await startIdentitySite(cluster);
    const namespace = await cluster.createNamespace();
    const pod = await createPod(namespace, 'orders-0', { annotations: { 'dapr.io/app-id': 'orders' } });
    await waitUntil(() => pods.pod(namespace, 'orders-0') !== null);
    const token = await tokenOf(pod);
    expect(await stateOf(authenticator, token)).toBe('accepted: orders');
    await patchPod(pod, { annotations: { 'farpoint.dev/app-id': 'cart' } });
    await waitUntil(() => ended.includes(pod.uid));
    expect(await stateOf(authenticator, token)).toBe('accepted: cart');
  });

  test('ends when the label is taken away', async () => {
    const { authenticator, ended, pods } = await startIdentitySite(cluster);
    const namespace = await cluster.createNamespace();
    const pod = await createPod(namespace, 'orders-0');
    await waitUntil(() => pods.pod(namespace, 'orders-0') !== null);
    const token = await tokenOf(pod);
    await patchPod(pod, { labels: { 'dapr.io/sidecar-injected': null } });
    await waitUntil(() => ended.includes(pod.uid));
    expect(await stateOf(authenticator, token)).toMatch(/^forbidden: .*is not labelled/);
  });
});

describe('a token that is not one of a Pod with a proxy', () => {
  test('is forbidden when the Pod has no proxy', async () => {
    const { authenticator } = await startIdentitySite(cluster);
    const pod = await createPod(await cluster.createNamespace(), 'plain', { labels: {} });
    expect(await stateOf(authenticator, await tokenOf(pod))).toBe(
      'forbidden: the Pod of the token is not labelled dapr.io/sidecar-injected=true',
    );
  });

  test('is forbidden when it is not bound to a Pod', async () => {
    const { authenticator } = await startIdentitySite(cluster);
    const namespace = await cluster.createNamespace();
    const token = await cluster.tokenFor({ namespace, serviceAccount: 'default', audience: 'farpoint-operator' });
    expect(await stateOf(authenticator, token)).toMatch(/^forbidden: the token is not bound to a Pod/);
  });

  test('is refused when it is for somebody else', async () => {
    const { authenticator } = await startIdentitySite(cluster);
    const pod = await createPod(await cluster.createNamespace(), 'orders-0');
    for (const audience of ['vault', 'https://kubernetes.default.svc']) {
      expect(await stateOf(authenticator, await tokenOf(pod, { audience }))).toBe(
        'unauthenticated: the token is not for the audience "farpoint-operator"',
      );
    }
  });

  test('is refused by the API server when somebody else signed it or its claims were changed', async () => {
    const { authenticator, lines } = await startIdentitySite(cluster);
    const namespace = await cluster.createNamespace();
    const orders = await createPod(namespace, 'orders-0');
    const cart = await createPod(namespace, 'cart-0');
    const token = await tokenOf(orders);
    const [header, , signature] = token.split('.');
    const [, payloadOfCart] = (await tokenOf(cart)).split('.');
    const forged = {
      byStranger: resignedToken(token, strangerKey()),
      withClaimsOfCart: `${header}.${payloadOfCart}.${signature}`,
      unsigned: `${Buffer.from('{"alg":"none"}').toString('base64url')}.${payloadOfCart}.${signature}`,
    };
    for (const [how, forgery] of Object.entries(forged)) {
      expect(await stateOf(authenticator, forgery), how).toBe(
        'unauthenticated: the API server does not accept the token',
      );
      expect(JSON.stringify(lines)).not.toContain(forgery);
    }
  });

  test('is refused by the API server when it has expired, whatever our clock says', async () => {
    const { authenticatorAt } = await startIdentitySite(cluster);
    const pod = await createPod(await cluster.createNamespace(), 'orders-0');
    const key = await serviceAccountKey(cluster.access);
    const hour = 3_600;
    const nowSeconds = Math.floor(systemClock.epochMs() / 1000);
    const at = (iat: number) => (claims: Claims) => ({ ...claims, iat, nbf: iat, exp: iat + hour });
    const token = await tokenOf(pod);
    const slow = authenticatorAt({ ...systemClock, epochMs: () => systemClock.epochMs() - 2 * hour * 1000 });
    // The signature is good: only the dates decide.
    expect(await stateOf(slow, resignedToken(token, key, at(nowSeconds - 60)))).toBe('accepted: orders-0');
    const expired = resignedToken(token, key, at(nowSeconds - 2 * hour));
    expect(await stateOf(slow, expired)).toBe('unauthenticated: the API server does not accept the token');
    expect(await stateOf(authenticatorAt(systemClock), expired)).toBe('unauthenticated: the token has expired');
  });

  test('is refused when it names a Pod that never was', async () => {
    const { authenticator } = await startIdentitySite(cluster);
    const pod = await createPod(await cluster.createNamespace(), 'orders-0');
    const key = await serviceAccountKey(cluster.access);
    const token = resignedToken(await tokenOf(pod), key, (claims) => ({
      ...claims,
      'kubernetes.io': {
        ...(claims['kubernetes.io'] as Claims),
        pod: { name: 'orders-0', uid: '00000000-0000-0000-0000-000000000000' },
      },
    }));
    expect(await stateOf(authenticator, token)).toBe('unauthenticated: the API server does not accept the token');
  });
});

describe('another replica', () => {
  test('is known by the operator’s own ServiceAccount', async () => {
    const { authenticator, namespace } = await startIdentitySite(cluster);
    const audience = 'farpoint-operator';
    const own = await cluster.tokenFor({ namespace, serviceAccount: 'farpoint-operator', audience });
    expect(await authenticator.peerResult(own)).toBe('peer');
    await cluster.createServiceAccount(namespace, 'somebody');
    const other = await cluster.tokenFor({ namespace, serviceAccount: 'somebody', audience });
    expect(await authenticator.peerResult(other)).toBe('stranger');
    const elsewhere = await cluster.createNamespace();
    await cluster.createServiceAccount(elsewhere, 'farpoint-operator');
    const namesake = await cluster.tokenFor({ namespace: elsewhere, serviceAccount: 'farpoint-operator', audience });
    expect(await authenticator.peerResult(namesake)).toBe('stranger');
    expect(await authenticator.peerResult(resignedToken(own, strangerKey()))).toBe('stranger');
  });
});

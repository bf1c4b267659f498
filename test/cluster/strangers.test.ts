/** Who may not have tables is told so and gets nothing else, by the whole operator over HTTPS; what it was shown stays secret. */
import { describe, expect, test } from 'vitest';
import { systemClock } from '#shared/clock/clock.ts';
import { acknowledgementsPath, tablesPath } from '#shared/push/push-channel.ts';
import { peerCountsPath } from '../../operator/push/peer-counts-message.ts';
import { findPlanted, planted } from '../support/planted-secrets.ts';
import { acknowledge, askPush, openPush, type PushAnswer, type PushTarget } from '../support/push-reader.ts';
import { waitUntil } from '../support/start-test-proxy.ts';
import { endpointManifest } from '../support/tls-manifests.ts';
import type { TokenOptions } from './support/connect-control-plane.ts';
import { installFarpoint } from './support/install-farpoint.ts';
import { outputOf } from './support/output-of.ts';
import { createPodCredentials, type PodCredentials } from './support/pod-credentials.ts';
import { resignedToken, serviceAccountKey, strangerKey, type Claims } from './support/resigned-token.ts';
import { sharedControlPlane } from './support/shared-control-plane.ts';
import { startReadyOperator, type ClusterOperator } from './support/start-cluster-operator.ts';

const client = sharedControlPlane();
const audience = 'farpoint-operator';

interface Site {
  readonly namespace: string;
  readonly operator: ClusterOperator;
  readonly orders: PodCredentials;
  readonly billing: PodCredentials;
  readonly target: PushTarget;
}

/** Something to be had for everybody, and two Pods that may have it. */
async function startSite(): Promise<Site> {
  const namespace = await client.createNamespace('strangers');
  const watchNamespaces = [namespace];
  const { kubeconfigPath } = await installFarpoint(client, { namespace, watchNamespaces });
  const operator = await startReadyOperator({ kubeconfig: kubeconfigPath, namespace, watchNamespaces });
  const baseUrl = `https://far.example/${planted('path')}`;
  const headers = { 'X-Token': { value: planted('token') } };
  await client.apply(endpointManifest({ name: 'planted-secret-name', baseUrl, headers }), { namespace });
  const site = { client, namespace, operatorPort: operator.running.pushPort };
  const orders = await createPodCredentials({ ...site, appId: 'orders' });
  const billing = await createPodCredentials({ ...site, appId: 'billing' });
  const reader = await openPush(billing.target, billing.token);
  await waitUntil(() => reader.text.includes(planted('token')));
  return { namespace, operator, orders, billing, target: orders.target };
}

function tokenFor(options: Partial<TokenOptions> & Pick<TokenOptions, 'namespace'>): Promise<string> {
  return client.tokenFor({ serviceAccount: 'default', audience, ...options });
}

async function createPlainPod(namespace: string, name: string): Promise<NonNullable<TokenOptions['pod']>> {
  const { metadata } = await client.mustRequest<{ readonly metadata: { readonly uid: string } }>({
    path: `/api/v1/namespaces/${namespace}/pods`,
    body: {
      metadata: { name, annotations: { 'dapr.io/app-id': 'orders' } },
      spec: { serviceAccountName: 'default', containers: [{ name: 'app', image: 'registry.local/app:1' }] },
    },
  });
  return { name, uid: metadata.uid };
}

async function deletePod(namespace: string, name: string): Promise<void> {
  const path = `/api/v1/namespaces/${namespace}/pods/${name}?gracePeriodSeconds=0`;
  await client.mustRequest({ method: 'DELETE', path });
}

/** Everything that can be asked, with this token. */
async function askAll(target: PushTarget, token: string): Promise<readonly PushAnswer[]> {
  const stray = { stream: 'x', revision: 'x', state: 'applied', reasons: [] };
  return [
    await askPush(target, { path: tablesPath, token, body: '{}' }),
    await askPush(target, { path: acknowledgementsPath, token, body: JSON.stringify(stray) }),
    await askPush(target, { path: `${peerCountsPath}?after=`, method: 'GET', token }),
  ];
}

/** The tokens that the operator shows, or parts of them, which may be enough to guess the rest. */
async function shownOf(tokens: readonly string[], operator: ClusterOperator): Promise<readonly string[]> {
  const output = await outputOf(operator);
  const pieces = tokens.flatMap((token) => token.split('.').slice(1)).filter((piece) => piece.length > 20);
  expect(pieces.length).toBeGreaterThan(0);
  return pieces.filter((piece) => output.includes(piece));
}

describe('a token that gives no right to tables', () => {
  test('gets 401 or 403, nothing else, and is told to nobody', async () => {
    const { namespace, operator, orders, billing, target } = await startSite();
    const key = await serviceAccountKey(client.access);
    const nowSeconds = Math.floor(systemClock.epochMs() / 1_000);
    const [header, payload, signature] = orders.token.split('.');
    const payloadOfBilling = billing.token.split('.')[1] ?? '';
    const unsigned = Buffer.from('{"alg":"none","typ":"JWT"}').toString('base64url');
    const expired = (claims: Claims): Claims => ({ ...claims, iat: nowSeconds - 7_200, exp: nowSeconds - 3_600 });
    const podOfOrders = { name: orders.podName, uid: orders.podUid };
    const elsewhere = await client.createNamespace('elsewhere');
    const gone = await createPodCredentials({
      client,
      namespace,
      appId: 'gone',
      operatorPort: target.port,
    });
    await deletePod(namespace, gone.podName);
    const strangers = {
      'signed by a stranger': [401, resignedToken(orders.token, strangerKey())],
      'with the claims of another Pod': [401, `${header}.${payloadOfBilling}.${signature}`],
      'without a signature': [401, `${unsigned}.${payload}.`],
      'of a Pod that never was': [
        401,
        resignedToken(orders.token, key, (claims) => ({
          ...claims,
          'kubernetes.io': {
            ...(claims['kubernetes.io'] as Claims),
            pod: { name: orders.podName, uid: '00000000-0000-0000-0000-000000000000' },
          },
        })),
      ],
      'that has expired': [401, resignedToken(orders.token, key, expired)],
      'for another audience': [401, await tokenFor({ namespace, pod: podOfOrders, audience: 'vault' })],
      'for the API server': [
        401,
        await tokenFor({ namespace, pod: podOfOrders, audience: 'https://kubernetes.default.svc' }),
      ],
      'of a Pod that is gone': [401, gone.token],
      'that is none': [401, 'of-nobody'],
      'of a Pod without a proxy': [403, await tokenFor({ namespace, pod: await createPlainPod(namespace, 'plain') })],
      'of no Pod': [403, await tokenFor({ namespace })],
      'of the operator itself': [403, await tokenFor({ namespace, serviceAccount: 'farpoint-operator' })],
      'of a namespace that is not watched': [
        403,
        await tokenFor({ namespace: elsewhere, pod: await createPlainPod(elsewhere, 'plain') }),
      ],
    } as const satisfies Readonly<Record<string, readonly [number, string]>>;

    for (const [who, [status, token]] of Object.entries(strangers)) {
      const [tables, acknowledgement, counts] = await askAll(target, token);
      const answered = [tables, acknowledgement].map((answer) => answer?.status);
      expect(answered, who).toEqual([status, status]);
      // Whoever is no proxy may still be another replica.
      expect(counts?.status, who).toBe(who === 'of the operator itself' ? 200 : 403);
      for (const { headers, body } of [tables, acknowledgement].flatMap((answer) => answer ?? [])) {
        expect(JSON.parse(body), who).toEqual({
          code: expect.any(String) as string,
          message: expect.any(String) as string,
        });
        expect(headers['farpoint-stream'], who).toBeUndefined();
      }
      const all = JSON.stringify([tables, acknowledgement, who === 'of the operator itself' ? '' : counts]);
      expect(findPlanted(all, []), who).toEqual([]);
      expect(all, who).not.toContain(token);
    }
    const tokens = [orders.token, billing.token, ...Object.values(strangers).map(([, token]) => token)];
    expect(await shownOf(tokens, operator)).toEqual([]);
  });

  test('is no token when it comes in another way', async () => {
    const { operator, orders, target } = await startSite();
    const { token } = orders;
    const basic = Buffer.from(`orders:${token}`).toString('base64');
    const headersBy: Readonly<Record<string, Readonly<Record<string, string>>>> = {
      nothing: {},
      'an empty field': { authorization: 'Bearer ' },
      basic: { authorization: `Basic ${basic}` },
      'the wrong scheme': { authorization: `Token ${token}` },
      'two tokens': { authorization: `Bearer ${token}, Bearer ${token}` },
      'another field': { 'x-forwarded-authorization': `Bearer ${token}`, cookie: `token=${token}` },
    };
    for (const [way, headers] of Object.entries(headersBy)) {
      const answer = await askPush(target, { path: tablesPath, headers, body: '{}' });
      expect(answer.status, way).toBe(401);
      expect(findPlanted(JSON.stringify(answer), []), way).toEqual([]);
    }
    const inPath = await askPush(target, { path: `${tablesPath}?access_token=${token}`, body: '{}' });
    expect(inPath.status).toBe(401);
    expect(await shownOf([token], operator)).toEqual([]);
  });
});

describe('a stream', () => {
  test('of another Pod is acknowledged by nobody else', async () => {
    const { namespace, operator, orders, billing, target } = await startSite();
    const reader = await openPush(target, orders.token);
    const revision = await reader.synced(1);
    const forged = { stream: reader.id, revision, state: 'applied', reasons: [] };
    const refused = await acknowledge(target, billing.token, forged);
    expect(refused.status).toBe(403);
    expect(refused.body).not.toContain(revision);
    // As the operator counts it, one replica to another.
    const replica = await tokenFor({ namespace, serviceAccount: 'farpoint-operator' });
    const counts = async (): Promise<unknown> => {
      const { body } = await askPush(target, { path: `${peerCountsPath}?after=`, method: 'GET', token: replica });
      return (JSON.parse(body) as { readonly counts: unknown }).counts;
    };
    const key = `${namespace}/planted-secret-name`;
    expect(await counts()).toEqual({ [key]: [2, 0] });
    expect((await reader.acknowledge(revision)).status).toBe(204);
    expect(await counts()).toEqual({ [key]: [2, 1] });
    expect(await shownOf([orders.token, billing.token], operator)).toEqual([]);
  });

  test('ends when its token expires, which then opens no other', async () => {
    const { orders, target } = await startSite();
    const key = await serviceAccountKey(client.access);
    const exp = Math.floor(systemClock.epochMs() / 1_000) + 8;
    const shortLived = resignedToken(orders.token, key, (claims) => ({ ...claims, exp }));
    const reader = await openPush(target, shortLived);
    await reader.ended();
    expect(systemClock.epochMs()).toBeGreaterThanOrEqual(exp * 1_000);
    expect(reader.types()).toMatch(/^(?:\w+ )*DRAIN$/);
    expect((await askPush(target, { path: tablesPath, token: shortLived, body: '{}' })).status).toBe(401);
    const next = await openPush(target, orders.token);
    expect(await next.synced(1)).toBe(reader.revisions.at(-1));
  });

  test('ends with its Pod, whose token is not good for the one after it', async () => {
    const { namespace, orders, target } = await startSite();
    const reader = await openPush(target, orders.token);
    await reader.synced(1);
    await deletePod(namespace, orders.podName);
    const successor = await createPodCredentials({
      client,
      namespace,
      appId: 'orders',
      operatorPort: target.port,
    });
    await reader.ended();
    expect((await askPush(target, { path: tablesPath, token: orders.token, body: '{}' })).status).toBe(401);
    const next = await openPush(target, successor.token);
    expect(await next.synced(1)).toBe(reader.revisions.at(-1));
  });

  test('ends when its Pod becomes another app, and nothing of that one was on it', async () => {
    const { namespace, orders, target } = await startSite();
    const reader = await openPush(target, orders.token);
    await reader.synced(1);
    const scoped = endpointManifest({ name: 'of-search', baseUrl: 'https://search.example', scopes: ['search'] });
    await client.apply(scoped, { namespace });
    await client.mustRequest({
      method: 'PATCH',
      path: `/api/v1/namespaces/${namespace}/pods/${orders.podName}`,
      contentType: 'application/merge-patch+json',
      body: { metadata: { annotations: { 'dapr.io/app-id': 'search' } } },
    });
    await reader.ended();
    expect(reader.text).not.toContain('of-search');
    const next = await openPush(target, orders.token);
    await waitUntil(() => next.text.includes('"name":"of-search"'));
  });
});

/** No byte of what is not for an app reaches it, from the real API server on: whatever comes, changes, moves and goes. */
import { describe, expect, test } from 'vitest';
import { createTestAuthority } from '../support/create-test-authority.ts';
import { findPlanted, planted } from '../support/planted-secrets.ts';
import { openPush } from '../support/push-reader.ts';
import { waitUntil } from '../support/start-test-proxy.ts';
import { endpointManifest, secretManifest, type EndpointOptions } from '../support/tls-manifests.ts';
import { endpointViewer } from './support/endpoint-status.ts';
import { outputOf } from './support/output-of.ts';
import { createPodCredentials } from './support/pod-credentials.ts';
import { recordPushOf, type PushRecorder } from './support/push-recorder.ts';
import { sharedControlPlane } from './support/shared-control-plane.ts';
import { startReadyOperator, type ClusterOperator } from './support/start-cluster-operator.ts';

const client = sharedControlPlane();
const { authority, rootCa } = await createTestAuthority({ name: 'upstreams' });

interface Site {
  readonly shop: string;
  readonly bakery: string;
  readonly operator: ClusterOperator;
  readonly operatorPort: number;
}

async function startSite(): Promise<Site> {
  const [shop, bakery] = [await client.createNamespace('shop'), await client.createNamespace('bakery')];
  const operator = await startReadyOperator({
    kubeconfig: client.access.kubeconfigPath,
    namespace: shop,
    watchNamespaces: [shop, bakery],
  });
  return { shop, bakery, operator, operatorPort: operator.running.pushPort };
}

type Apply = (manifest: string) => Promise<void>;

function applyIn(namespace: string): Apply {
  return (manifest) => client.apply(manifest, { namespace });
}

async function remove(kind: 'httpendpoint' | 'secret', name: string, namespace: string): Promise<void> {
  const { code, stderr } = await client.kubectl(['delete', kind, name, `--namespace=${namespace}`]);
  expect(code, stderr).toBe(0);
}

function endpoint(name: string, options: Partial<EndpointOptions> = {}): string {
  return endpointManifest({ name, baseUrl: 'https://far.example', ...options });
}

/** Everything about it is secret: its name, its URL, its headers, its keys, the name of its Secret. */
const own = 'planted-secret-endpoint';
const ownSecret = 'planted-secret-store';

async function ownManifests(value: string): Promise<{ readonly secret: string; readonly keyPem: string }> {
  const { chainPem, privateKeyPem } = await authority.issueClient({ name: planted('subject') });
  const values = { token: planted(value), 'tls.crt': chainPem, 'tls.key': privateKeyPem };
  return { secret: secretManifest(ownSecret, values), keyPem: privateKeyPem };
}

function ownEndpoint(path: string, scopes?: readonly string[]): string {
  return endpoint(own, {
    baseUrl: `https://planted-secret-host.example/${planted(path)}`,
    headers: {
      'X-Token': { secret: ownSecret, key: 'token' },
      'X-planted-secret': { value: planted('inline') },
    },
    rootCa,
    certificate: { secret: ownSecret, key: 'tls.crt' },
    privateKey: { secret: ownSecret, key: 'tls.key' },
    ...(scopes === undefined ? {} : { scopes }),
  });
}

function heard({ reader }: PushRecorder): readonly string[] {
  return reader.lines.filter(({ type }) => type !== 'PING').map((line) => JSON.stringify(line));
}

describe('an app', () => {
  test.each([
    { where: 'scoped to another app', isElsewhere: false },
    { where: 'in another namespace', isElsewhere: true },
  ])('receives nothing of what is $where and comes, changes and goes', async ({ isElsewhere }) => {
    const { shop, bakery, operator, operatorPort } = await startSite();
    const namespace = isElsewhere ? bakery : shop;
    const apply = applyIn(namespace);
    const recordOrders = (): Promise<PushRecorder> =>
      recordPushOf({ client, namespace: shop, appId: 'orders', operatorPort });
    const orders = await recordOrders();
    // Of another namespace even an app of the same name, and what is for everybody there.
    const appId = isElsewhere ? 'orders' : 'billing';
    const { target, token } = await createPodCredentials({ client, namespace, appId, operatorPort });
    const owner = await openPush(target, token);
    const arrives = (text: string): Promise<void> => waitUntil(() => owner.text.includes(text));
    const scopes = isElsewhere ? undefined : ['billing'];
    await orders.synced(1);
    const before = heard(orders);

    const first = await ownManifests('token-1');
    await apply(ownEndpoint('path-1', scopes));
    await arrives('is not in store kubernetes');
    await apply(first.secret);
    await arrives(planted('token-1'));
    const second = await ownManifests('token-2');
    await apply(second.secret);
    await arrives(planted('token-2'));
    expect(heard(orders)).toEqual(before);

    // Nor with what it does receive meanwhile, nor when it begins anew.
    const all = [orders];
    const receiveAlso = async (mark: string): Promise<void> => {
      all.push(await recordOrders());
      await applyIn(shop)(endpoint('also', { baseUrl: `https://also.example/${mark}` }));
      await Promise.all(all.map((each) => each.receives(mark)));
    };
    await receiveAlso('mark-1');
    await apply(ownEndpoint('path-2', scopes));
    await arrives(planted('path-2'));
    await receiveAlso('mark-2');
    await remove('secret', ownSecret, namespace);
    const view = endpointViewer(client, namespace);
    await waitUntil(async () => (await view.condition(own, 'ResolvedRefs'))?.status === 'False');
    await receiveAlso('mark-3');
    await apply((await ownManifests('token-3')).secret);
    await arrives(planted('token-3'));
    await remove('httpendpoint', own, namespace);
    await waitUntil(() => owner.lines.some(({ type }) => type === 'DELETE'));
    await receiveAlso('mark-4');

    const keys = [first.keyPem, second.keyPem];
    for (const each of all) expect(findPlanted(each.text(), keys)).toEqual([]);
    expect(findPlanted(owner.text, keys)).not.toEqual([]);
    // Names are no secret to whoever runs the operator; values are.
    const named = (await outputOf(operator)).replaceAll(own, '').replaceAll(ownSecret, '');
    expect(findPlanted(named, keys)).toEqual([]);
  });

  test('receives of an endpoint that moves between apps only what it is while it is its own', async () => {
    const { shop, operatorPort } = await startSite();
    const apply = applyIn(shop);
    const orders = await recordPushOf({ client, namespace: shop, appId: 'orders', operatorPort });
    const billing = await recordPushOf({ client, namespace: shop, appId: 'billing', operatorPort });
    const moving = (key: string, scopes?: readonly string[]): string => {
      const baseUrl = `https://far.example/${key === 'open' ? 'open' : planted(`url-${key}`)}`;
      const headers = { 'X-Token': { secret: 'moving', key } };
      return endpoint('moving', { baseUrl, headers, ...(scopes === undefined ? {} : { scopes }) });
    };
    const secret = (open: string, hidden: string): string =>
      secretManifest('moving', { open, hidden: planted(hidden) });
    await apply(secret('open-1', 'hidden-1'));
    await apply(moving('open'));
    await orders.receives('open-1');
    await apply(moving('hidden', ['billing']));
    await billing.receives(planted('hidden-1'));
    await orders.receives('{"type":"DELETE","name":"moving"}');
    // While it is not its own, also what it might have had before is none of its business.
    await apply(secret('open-2', 'hidden-2'));
    await billing.receives(planted('hidden-2'));
    await apply(moving('hidden', ['billing', 'search']));
    await apply(secret('open-3', 'hidden-3'));
    await billing.receives(planted('hidden-3'));
    await apply(moving('open', ['search', 'orders']));
    await orders.receives('open-3');
    await billing.receives('{"type":"DELETE","name":"moving"}');
    await apply(secret('open-4', 'hidden-4'));
    await orders.receives('open-4');
    expect(findPlanted(orders.text(), [])).toEqual([]);
    expect(orders.text()).not.toContain('open-2');
    expect(['open-3', 'open-4'].filter((value) => billing.text().includes(value))).toEqual([]);
  });
});

describe('an app whose Configuration denies a Secret', () => {
  const configuration = (denied: readonly string[]): string =>
    JSON.stringify({
      apiVersion: 'dapr.io/v1alpha1',
      kind: 'Configuration',
      metadata: { name: 'strict' },
      spec: { secrets: { scopes: [{ storeName: 'kubernetes', defaultAccess: 'allow', deniedSecrets: denied }] } },
    });
  const secret = (value: string): string => secretManifest('partners', { token: value });
  const partners = endpoint('partners', { headers: { 'X-Token': { secret: 'partners', key: 'token' } } });
  const denial = 'the Configuration denies secret partners of store kubernetes to this app';

  interface Apps {
    readonly strict: PushRecorder;
    readonly others: PushRecorder;
    readonly apply: Apply;
    readonly shop: string;
  }

  async function startApps(denied: readonly string[]): Promise<Apps> {
    const { shop, operatorPort } = await startSite();
    const apply = applyIn(shop);
    await apply(configuration(denied));
    const annotations = { 'dapr.io/config': 'strict' };
    return {
      strict: await recordPushOf({ client, namespace: shop, appId: 'orders', operatorPort, annotations }),
      others: await recordPushOf({ client, namespace: shop, appId: 'billing', operatorPort }),
      apply,
      shop,
    };
  }

  test('receives the reason and never the values', async () => {
    const { strict, others, apply, shop } = await startApps(['partners']);
    await apply(partners);
    await strict.receives('is not in store kubernetes');
    await apply(secret(planted('one')));
    await others.receives(planted('one'));
    await strict.receives(denial);
    await apply(secret(planted('two')));
    await others.receives(planted('two'));
    await remove('secret', 'partners', shop);
    const view = endpointViewer(client, shop);
    await waitUntil(async () => (await view.condition('partners', 'ResolvedRefs'))?.status === 'False');
    await apply(secret(planted('three')));
    await others.receives(planted('three'));
    await apply(endpoint('last'));
    await strict.receives('"name":"last"');
    expect(findPlanted(strict.text(), [])).toEqual([]);
  });

  test('receives them while it does not, and loses them when it does again', async () => {
    const { strict, others, apply } = await startApps([]);
    await apply(secret('open-1'));
    await apply(partners);
    await strict.receives('open-1');
    await apply(configuration(['partners']));
    await strict.receives(denial);
    await apply(secret(planted('one')));
    await others.receives(planted('one'));
    await apply(secret('open-2'));
    await others.receives('open-2');
    await apply(configuration(['others']));
    await strict.receives('open-2');
    await apply(endpoint('last'));
    await strict.receives('"name":"last"');
    expect(findPlanted(strict.text(), [])).toEqual([]);
  });

  test('receives no more when the Configuration is deleted', async () => {
    const { strict, others, apply, shop } = await startApps(['partners']);
    await apply(secret(planted('one')));
    await apply(partners);
    await others.receives(planted('one'));
    await strict.receives(denial);
    await client.kubectl(['delete', 'configuration.dapr.io', 'strict', `--namespace=${shop}`]);
    await strict.receives(`there is no Configuration ${shop}/strict`);
    await apply(secret(planted('two')));
    await others.receives(planted('two'));
    await apply(endpoint('last'));
    await strict.receives('"name":"last"');
    expect(findPlanted(strict.text(), [])).toEqual([]);
    // Nor one that begins now, by an operator that knows nothing of what there was.
    const operator = await startReadyOperator({
      kubeconfig: client.access.kubeconfigPath,
      namespace: shop,
      watchNamespaces: [shop],
      args: ['--replica-name=replica-b'],
    });
    const late = await recordPushOf({
      client,
      namespace: shop,
      appId: 'search',
      operatorPort: operator.running.pushPort,
      annotations: { 'dapr.io/config': 'strict' },
    });
    await late.receives('"name":"last"');
    expect(findPlanted(late.text(), [])).toEqual([]);
  });
});

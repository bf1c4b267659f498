import { setImmediate as turn } from 'node:timers/promises';
import { describe, expect, onTestFinished, test } from 'vitest';
import { TrustBundles } from '../../../../operator/identity/trust-bundles.ts';
import { PodStore } from '../../../../operator/source/pod-store.ts';
import { noOwner, type ObjectOwner } from '../../../../operator/ownership/object-owner.ts';
import { fakeOwner } from '../../../support/fake-owner.ts';
import { FakeKubeClient } from '../../../support/fake-kube-client.ts';
import { kubeObject } from '../../../support/kube-objects.ts';
import { linkError } from '../../../support/link-error.ts';
import { ManualClock } from '../../../support/manual-clock.ts';
import { memoryLogger, type LogLine } from '../../../support/memory-logger.ts';

const path = (namespace: string): string => `configmaps/${namespace}/farpoint-trust-bundle`;
const minuteMs = 60_000;

interface Bench {
  readonly clock: ManualClock;
  readonly client: FakeKubeClient;
  readonly pods: PodStore;
  readonly lines: LogLine[];
  readonly notes: string[];
  readonly changeBundle: (pem: string) => void;
  readonly bundleIn: (namespace: string) => unknown;
  /** Resolves when nothing happens by itself any more. */
  readonly settled: () => Promise<void>;
  readonly stop: () => Promise<void>;
}

/** Runs over one Pod in `shop` unless told otherwise. */
async function bench(namespaces: readonly string[] = ['shop'], owner: ObjectOwner = noOwner): Promise<Bench> {
  const clock = new ManualClock();
  const client = new FakeKubeClient();
  const pods = new PodStore();
  const lines: LogLine[] = [];
  const notes: string[] = [];
  const listeners = new Set<() => void>();
  let bundlePem = 'first';
  for (const namespace of namespaces) pods.upsert(kubeObject('orders-0', { namespace }));
  const trustBundles = new TrustBundles({
    client,
    pods,
    authority: {
      bundlePem: () => bundlePem,
      onBundleChanged(listener) {
        listeners.add(listener);
        return () => void listeners.delete(listener);
      },
    },
    fieldManager: 'farpoint-operator',
    owner,
    clock,
    logger: memoryLogger(lines),
    warn: ({ object, note }) => notes.push(`${object.metadata.namespace}: ${note}`),
  });
  const controller = new AbortController();
  const running = trustBundles.run(controller.signal);
  const stop = async (): Promise<void> => {
    controller.abort();
    await running;
  };
  onTestFinished(stop);
  const settled = async (): Promise<void> => {
    for (let calls = -1; calls !== client.calls.length;) {
      calls = client.calls.length;
      for (let n = 0; n < 5; n += 1) await turn();
    }
  };
  await settled();
  return {
    clock,
    client,
    pods,
    lines,
    notes,
    changeBundle(pem) {
      bundlePem = pem;
      for (const listener of listeners) listener();
    },
    bundleIn: (namespace) => client.object(path(namespace))?.['data'],
    settled,
    stop,
  };
}

describe('the ConfigMap', () => {
  test('is in each namespace that has proxies, and in no other', async () => {
    const { bundleIn, client } = await bench(['shop', 'bank']);
    expect(bundleIn('shop')).toEqual({ 'ca.crt': 'first' });
    expect(bundleIn('bank')).toEqual({ 'ca.crt': 'first' });
    expect(client.countOf('apply', 'configmaps')).toBe(2);
    expect(client.object(path('shop'))?.metadata.labels).toEqual({
      'app.kubernetes.io/managed-by': 'farpoint-operator',
    });
  });

  test('comes with the first Pod of a namespace, which costs later Pods nothing', async () => {
    const { bundleIn, client, pods, settled } = await bench();
    pods.upsert(kubeObject('cart-0', { namespace: 'bank' }));
    await settled();
    expect(bundleIn('bank')).toEqual({ 'ca.crt': 'first' });
    const asked = client.calls.length;
    pods.upsert(kubeObject('cart-1', { namespace: 'bank' }));
    await settled();
    expect(client.calls).toHaveLength(asked);
  });

  test('follows the bundle at once', async () => {
    const { bundleIn, changeBundle, settled } = await bench(['shop', 'bank']);
    changeBundle('second');
    await settled();
    expect(bundleIn('shop')).toEqual({ 'ca.crt': 'second' });
    expect(bundleIn('bank')).toEqual({ 'ca.crt': 'second' });
  });

  test('is only read while it is as it should be', async () => {
    const { client, clock, settled } = await bench();
    clock.advance(minuteMs);
    await settled();
    expect(client.countOf('get', 'configmaps')).toBe(2);
    expect(client.countOf('apply', 'configmaps')).toBe(1);
  });

  test('is repaired within a minute when somebody edits or deletes it', async () => {
    const { bundleIn, client, clock, settled } = await bench();
    const present = client.object(path('shop'));
    if (present === undefined) throw new Error('it is not there');
    client.put(path('shop'), { ...present, data: { 'ca.crt': 'mine', note: 'kept' } });
    clock.advance(minuteMs);
    await settled();
    expect(bundleIn('shop')).toEqual({ 'ca.crt': 'first' });
    client.remove(path('shop'));
    clock.advance(minuteMs);
    await settled();
    expect(bundleIn('shop')).toEqual({ 'ca.crt': 'first' });
  });

  test('of somebody else is left alone, said once, and replaced when it is gone', async () => {
    const { bundleIn, changeBundle, client, clock, lines, notes, pods, settled } = await bench([]);
    client.put(path('shop'), {
      metadata: { name: 'farpoint-trust-bundle', namespace: 'shop' },
      data: { 'ca.crt': 'theirs' },
    });
    pods.upsert(kubeObject('orders-0', { namespace: 'shop' }));
    await settled();
    clock.advance(minuteMs);
    await settled();
    changeBundle('second');
    await settled();
    expect(bundleIn('shop')).toEqual({ 'ca.crt': 'theirs' });
    expect(notes).toEqual([
      'shop: ConfigMap farpoint-trust-bundle is not labelled app.kubernetes.io/managed-by=farpoint-operator, so it is left ' +
        'alone, and proxies of this namespace cannot verify the operator: delete it, or label it',
    ]);
    expect(lines.filter(({ level }) => level === 'error')).toHaveLength(1);
    client.remove(path('shop'));
    clock.advance(minuteMs);
    await settled();
    expect(bundleIn('shop')).toEqual({ 'ca.crt': 'second' });
  });

  test('of a new namespace does not wait for a look at all the others', async () => {
    const many = Array.from({ length: 50 }, (_, n) => `shop-${n}`);
    const { client, clock, pods, settled } = await bench(many);
    client.calls.length = 0;
    client.failure = () => {
      if (client.calls.length === 3) pods.upsert(kubeObject('cart-0', { namespace: 'bank' }));
      return null;
    };
    clock.advance(minuteMs);
    await settled();
    expect(client.calls).toHaveLength(many.length + 2);
    const asked = client.calls.findIndex(({ path: asking }) => asking === path('bank'));
    expect(asked).toBe(3);
  });

  test('comes again with the first Pod of a namespace that was deleted and made anew', async () => {
    const { bundleIn, client, pods, settled } = await bench();
    pods.remove('shop/orders-0');
    client.remove(path('shop'));
    pods.upsert(kubeObject('orders-0', { namespace: 'shop', uid: 'another' }));
    await settled();
    expect(bundleIn('shop')).toEqual({ 'ca.crt': 'first' });
  });

  test('gets the owner that there is, whenever that changes', async () => {
    const owners = fakeOwner();
    const { client, clock, settled } = await bench(['shop'], owners);
    const references = (): unknown => client.object(path('shop'))?.metadata.ownerReferences;
    expect(references()).toBeUndefined();
    owners.become('uid-1');
    await settled();
    expect(references()).toMatchObject([{ kind: 'ClusterRole', uid: 'uid-1' }]);
    clock.advance(minuteMs);
    await settled();
    expect(client.countOf('apply', 'configmaps')).toBe(2);
    owners.become('uid-2');
    await settled();
    expect(references()).toMatchObject([{ uid: 'uid-2' }]);
  });

  test('that cannot be written does not stop the others, and is tried again soon', async () => {
    const { bundleIn, client, clock, lines, pods, settled } = await bench([]);
    client.failure = (call) => (call.path === path('shop') ? linkError(500) : null);
    pods.upsert(kubeObject('orders-0', { namespace: 'shop' }));
    pods.upsert(kubeObject('cart-0', { namespace: 'bank' }));
    await settled();
    clock.advance(2_000);
    await settled();
    expect(bundleIn('bank')).toEqual({ 'ca.crt': 'first' });
    expect(lines.filter(({ level }) => level === 'warn')).toHaveLength(1);
    client.failure = () => null;
    clock.advance(2_000);
    await settled();
    expect(bundleIn('shop')).toEqual({ 'ca.crt': 'first' });
  });

  test('is repaired within a minute while another cannot be written', async () => {
    const { bundleIn, client, clock, settled } = await bench(['shop', 'bank']);
    client.remove(path('shop'));
    client.remove(path('bank'));
    client.failure = (call) => (call.path === path('shop') ? linkError(500) : null);
    for (let passedMs = 0; passedMs <= 2 * minuteMs; passedMs += 1_000) {
      clock.advance(1_000);
      await settled();
      if (passedMs === minuteMs) client.remove(path('bank'));
    }
    expect(bundleIn('bank')).toEqual({ 'ca.crt': 'first' });
  });

  test('that is forbidden is tried again after a minute only', async () => {
    const { client, clock, pods, settled } = await bench([]);
    client.failure = () => linkError(403);
    pods.upsert(kubeObject('orders-0', { namespace: 'shop' }));
    await settled();
    clock.advance(minuteMs - 1);
    await settled();
    expect(client.calls).toHaveLength(1);
    clock.advance(1);
    await settled();
    expect(client.calls).toHaveLength(2);
  });

  test('is left as it is by a replica that leads no longer', async () => {
    const { changeBundle, client, clock, pods, settled, stop } = await bench();
    await stop();
    const asked = client.calls.length;
    changeBundle('second');
    pods.upsert(kubeObject('cart-0', { namespace: 'bank' }));
    clock.advance(10 * minuteMs);
    await settled();
    expect(client.calls).toHaveLength(asked);
  });
});

import { expect, test } from 'vitest';
import { PodIdentityWatch } from '../../../../operator/identity/pod-identity-watch.ts';
import type { KubeObject } from '../../../../operator/kube/kube-object.ts';
import { PodStore } from '../../../../operator/source/pod-store.ts';
import { kubeObject, type ObjectOptions } from '../../../support/kube-objects.ts';
import { ManualClock } from '../../../support/manual-clock.ts';

interface Bench {
  readonly clock: ManualClock;
  readonly pods: PodStore;
  readonly ended: string[];
  readonly controller: AbortController;
}

function bench(): Bench {
  const clock = new ManualClock();
  const pods = new PodStore();
  const ended: string[] = [];
  const controller = new AbortController();
  pods.upsert(pod());
  const watch = new PodIdentityWatch({ pods, annotationPrefixes: ['dapr.io', 'farpoint.dev'], clock });
  watch.onEnded((uid) => ended.push(uid));
  watch.run(controller.signal);
  return { clock, pods, ended, controller };
}

function pod(options: ObjectOptions & { readonly deletionTimestamp?: string } = {}): KubeObject {
  const labels = { 'dapr.io/sidecar-injected': 'true' };
  return kubeObject('orders-0', { namespace: 'shop', uid: 'uid-1', labels, ...options });
}

test('a change that does not concern the identity ends nothing', () => {
  const { pods, ended } = bench();
  pods.upsert(pod({ resourceVersion: '2', annotations: { note: 'new', 'dapr.io/app-port': '80' } }));
  pods.upsert(kubeObject('cart-0', { namespace: 'shop' }));
  expect(ended).toEqual([]);
});

test.each([
  ['app id', { 'dapr.io/app-id': 'cart' }],
  ['app id of our prefix', { 'farpoint.dev/app-id': 'cart' }],
  ['Configuration', { 'dapr.io/config': 'tracing' }],
])('another %s ends the identity', (_what, annotations) => {
  const { pods, ended } = bench();
  pods.upsert(pod({ annotations }));
  expect(ended).toEqual(['uid-1']);
});

test('a Pod that is gone has no identity', () => {
  const { pods, ended } = bench();
  pods.remove('shop/orders-0');
  expect(ended).toEqual(['uid-1']);
});

test('a successor of the same name ends the one before and lives', () => {
  const { pods, ended } = bench();
  pods.upsert(pod({ uid: 'uid-2' }));
  expect(ended).not.toContain('uid-2');
  expect(new Set(ended)).toEqual(new Set(['uid-1']));
  pods.upsert(pod({ uid: 'uid-2', annotations: { 'dapr.io/app-id': 'cart' } }));
  expect(ended.at(-1)).toBe('uid-2');
});

test('a Pod that is being deleted keeps its identity for its grace period', () => {
  const { clock, pods, ended } = bench();
  pods.upsert(pod({ deletionTimestamp: new Date(clock.epochMs() + 30_000).toISOString() }));
  clock.advance(29_999);
  expect(ended).toEqual([]);
  clock.advance(1);
  expect(ended).toEqual(['uid-1']);
});

test('a shorter grace period counts', () => {
  const { clock, pods, ended } = bench();
  pods.upsert(pod({ deletionTimestamp: new Date(clock.epochMs() + 30_000).toISOString() }));
  pods.upsert(pod({ deletionTimestamp: new Date(clock.epochMs() + 1_000).toISOString() }));
  clock.advance(1_000);
  expect(ended).toEqual(['uid-1']);
  clock.advance(60_000);
  expect(ended).toEqual(['uid-1']);
});

test('nothing is told after the end', () => {
  const { clock, pods, ended, controller } = bench();
  pods.upsert(pod({ deletionTimestamp: new Date(clock.epochMs() + 30_000).toISOString() }));
  controller.abort();
  clock.advance(60_000);
  pods.remove('shop/orders-0');
  expect(ended).toEqual([]);
});

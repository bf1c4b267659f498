import { beforeEach, expect, test } from 'vitest';
import { PodStore } from '../../../../operator/source/pod-store.ts';
import { PodAppNames } from '../../../../operator/status/app-names.ts';
import { kubeObject } from '../../../support/kube-objects.ts';

let pods: PodStore;
let names: PodAppNames;
let changed: string[];

function put(name: string, appId: string): void {
  pods.upsert(kubeObject(name, { annotations: { 'dapr.io/app-id': appId } }));
}

beforeEach(() => {
  pods = new PodStore();
  put('early', 'first');
  names = new PodAppNames(pods, ['dapr.io', 'farpoint.dev']);
  changed = [];
  names.follow();
  names.onChanged((app) => changed.push(app));
});

test('an app is there while one Pod of it is', () => {
  expect(names.has('default/first')).toBe(true);
  put('one', 'shop');
  put('two', 'shop');
  pods.remove('default/one');
  expect(names.has('default/shop')).toBe(true);
  pods.remove('default/two');
  expect(names.has('default/shop')).toBe(false);
  expect(changed).toEqual(['default/shop', 'default/shop']);
});

test('a Pod may become one of another app', () => {
  put('early', 'second');
  expect([names.has('default/first'), names.has('default/second')]).toEqual([false, true]);
  expect(changed.toSorted()).toEqual(['default/first', 'default/second']);
});

test('without an annotation the name of the Pod is its app id', () => {
  pods.upsert(kubeObject('plain'));
  expect(names.has('default/plain')).toBe(true);
});

import { beforeEach, describe, expect, test } from 'vitest';
import type { KubeObject } from '../../../../operator/kube/kube-object.ts';
import { SecretStoreNames } from '../../../../operator/source/secret-store-names.ts';
import { kubeObject } from '../../../support/kube-objects.ts';

let changed: string[];
let stores: SecretStoreNames;

beforeEach(() => {
  changed = [];
  stores = new SecretStoreNames({ onChanged: (namespace) => changed.push(namespace) });
});

function component(scopes: unknown, type = 'secretstores.kubernetes'): KubeObject {
  return kubeObject('own', {}, { spec: { type }, scopes });
}

describe('the scopes of a secret store', () => {
  test('are those of its Component; none: every app', () => {
    stores.upsert(component(['a', 'b']));
    expect(stores.scopesOf('default', 'own')).toEqual(['a', 'b']);
    expect(stores.scopesOf('default', '')).toEqual([]);
    expect(stores.scopesOf('other', 'own')).toEqual([]);
  });

  test('are told when they change, and only then', () => {
    stores.upsert(component(['a']));
    stores.upsert(component(['a']));
    stores.upsert(component(['a', 'b']));
    stores.upsert(component(undefined));
    stores.upsert(component([]));
    expect(changed).toEqual(['default', 'default', 'default']);
  });
});

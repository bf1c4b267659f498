/** What is declared, and the RBAC objects that come of it. */
import { expect, test } from 'vitest';
import { isDeclared, permissions } from '../../../../operator/kube/permissions.ts';
import { rbacFor } from '../../../../operator/kube/rbac-for.ts';
import { clusterRoles, configMaps, httpEndpoints, pods, secrets } from '../../../../operator/kube/resource-types.ts';

const whole = { subresource: '', name: '' };

test.each([
  ['a watch of Secrets', { type: secrets, verb: 'watch', ...whole }, true],
  ['a Secret that an endpoint names', { type: secrets, verb: 'get', subresource: '', name: 'any' }, true],
  ['a write to the status', { type: httpEndpoints, verb: 'patch', subresource: 'status', name: 'a' }, true],
  ['a write to the spec', { type: httpEndpoints, verb: 'patch', subresource: '', name: 'a' }, false],
  ['a change of another Secret', { type: secrets, verb: 'update', subresource: '', name: 'any' }, false],
  ['a change of a foreign ConfigMap', { type: configMaps, verb: 'patch', subresource: '', name: 'any' }, false],
  ['a deletion of a Pod', { type: pods, verb: 'delete', subresource: '', name: 'a' }, false],
  ['an eviction of a Pod', { type: pods, verb: 'create', subresource: 'eviction', name: 'a' }, true],
  ['a Pod', { type: pods, verb: 'create', subresource: '', name: '' }, false],
  ['the owner', { type: clusterRoles, verb: 'get', subresource: '', name: 'farpoint-operator' }, true],
] as const)('%s is declared: %o, %s', (_, access, expected) => {
  expect(isDeclared(access)).toBe(expected);
});

test('nothing is declared with a wildcard, and nothing twice', () => {
  const texts = permissions.flatMap(({ type, verbs, subresource, names, where }) =>
    verbs.map((verb) => [where, type.group, type.plural, subresource, verb, names.join()].join('|')),
  );
  expect(texts.filter((text) => text.includes('*'))).toEqual([]);
  expect(new Set(texts).size).toBe(texts.length);
});

function shape(options: Parameters<typeof rbacFor>[0]): readonly string[] {
  return rbacFor(options).map(({ kind, metadata }) => `${kind} ${metadata.namespace ?? '*'}/${metadata.name}`);
}

test('an operator of all namespaces has one role for the cluster and one of its own', () => {
  expect(shape({ watchNamespaces: [], operatorNamespace: 'far', serviceAccount: 'op' })).toEqual([
    'ClusterRole */farpoint-operator',
    'ClusterRoleBinding */farpoint-operator',
    'Role far/farpoint-operator-own',
    'RoleBinding far/farpoint-operator-own',
  ]);
});

test('an operator of some namespaces has a role in each, and nothing but token reviews in the cluster', () => {
  const options = { watchNamespaces: ['a', 'b'], operatorNamespace: 'far', serviceAccount: 'op' };
  expect(shape(options)).toEqual([
    'ClusterRole */farpoint-operator',
    'ClusterRoleBinding */farpoint-operator',
    'Role a/farpoint-operator-watched',
    'RoleBinding a/farpoint-operator-watched',
    'Role b/farpoint-operator-watched',
    'RoleBinding b/farpoint-operator-watched',
    'Role far/farpoint-operator-own',
    'RoleBinding far/farpoint-operator-own',
  ]);
  expect(rbacFor(options)[0]).toMatchObject({
    rules: [{ apiGroups: ['authentication.k8s.io'], resources: ['tokenreviews'], verbs: ['create'] }],
  });
});

test('what a setting asks for is granted only then', () => {
  const options = { watchNamespaces: [], operatorNamespace: 'far', serviceAccount: 'op' };
  const rules = (extra: Partial<Parameters<typeof rbacFor>[0]>): readonly string[] =>
    rbacFor({ ...options, ...extra }).flatMap(({ rules: found = [] }) =>
      (found as { resources: string[]; resourceNames?: string[] }[]).map(({ resources, resourceNames = [] }) =>
        [...resources, ...resourceNames].join(' '),
      ),
    );
  const plain = rules({});
  expect(plain).toContain('services');
  expect(plain.filter((rule) => /eviction|clusterroles|webhook/.test(rule))).toEqual([]);
  expect(rules({ hasServices: false })).toEqual(plain.filter((rule) => rule !== 'services'));
  expect(rules({ canEvict: true })).toContain('pods/eviction');
  expect(rules({ ownerClusterRole: 'farpoint-operator' })).toContain('clusterroles farpoint-operator');
  expect(rules({ injectorName: 'inject' })).toContain('mutatingwebhookconfigurations inject');
  expect(rules({ validatorName: 'check' })).toContain('validatingwebhookconfigurations check');
});

test('roles are bound to the ServiceAccount of the operator', () => {
  const bindings = rbacFor({ watchNamespaces: ['a'], operatorNamespace: 'far', serviceAccount: 'op' }).filter(
    ({ kind }) => kind.endsWith('Binding'),
  );
  for (const { subjects } of bindings) {
    expect(subjects).toEqual([{ kind: 'ServiceAccount', name: 'op', namespace: 'far' }]);
  }
});

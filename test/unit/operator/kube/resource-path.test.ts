/** Where objects are in the API. */
import { expect, test } from 'vitest';
import { kindName, resourcePath } from '../../../../operator/kube/resource-path.ts';
import { httpEndpoints, pods, tokenReviews } from '../../../../operator/kube/resource-types.ts';

test.each([
  [pods, { namespace: '', name: '' }, '/api/v1/pods'],
  [pods, { namespace: 'shop', name: '' }, '/api/v1/namespaces/shop/pods'],
  [pods, { namespace: 'shop', name: 'a' }, '/api/v1/namespaces/shop/pods/a'],
  [tokenReviews, { namespace: '', name: '' }, '/apis/authentication.k8s.io/v1/tokenreviews'],
  [
    httpEndpoints,
    { namespace: 'shop', name: 'a', subresource: 'status' },
    '/apis/dapr.io/v1alpha1/namespaces/shop/httpendpoints/a/status',
  ],
])('%o %o', (type, options, path) => {
  expect(resourcePath(type, options)).toBe(path);
});

test('a name cannot leave its place', () => {
  expect(resourcePath(pods, { namespace: 'shop', name: '../../secrets?x' })).toBe(
    '/api/v1/namespaces/shop/pods/..%2F..%2Fsecrets%3Fx',
  );
});

test.each([
  [pods, 'pods'],
  [httpEndpoints, 'httpendpoints.dapr.io'],
])('%o is called %s', (type, name) => {
  expect(kindName(type)).toBe(name);
});

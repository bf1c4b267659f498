/** Objects and lists out of texts, and what is left out of them. */
import { describe, expect, test } from 'vitest';
import {
  anyObjectFrom,
  pageFrom,
  resourceNamesFrom,
  serverVersionFrom,
  trimmedObject,
} from '../../../../operator/kube/read-object.ts';
import { kubeObject } from '../../../support/kube-objects.ts';

describe('a page of a list', () => {
  test('has objects, a version and perhaps a token', () => {
    const items = [kubeObject('a')];
    expect(pageFrom(JSON.stringify({ metadata: { resourceVersion: '5', continue: 'more' }, items }))).toEqual({
      objects: items,
      resourceVersion: '5',
      continueToken: 'more',
    });
  });

  test.each([undefined, null])('may have no items (%s)', (items) => {
    expect(pageFrom(JSON.stringify({ metadata: { resourceVersion: '5' }, items }))).toEqual({
      objects: [],
      resourceVersion: '5',
      continueToken: '',
    });
  });

  test.each([
    'nonsense',
    '{}',
    '{"metadata":{}}',
    '{"metadata":{"resourceVersion":"1"},"items":{}}',
    '{"metadata":{"resourceVersion":"1"},"items":[{}]}',
  ])('is not %s', (text) => {
    expect(pageFrom(text)).toBeNull();
  });
});

test('a review needs no name', () => {
  expect(anyObjectFrom('{"metadata":{},"status":{}}')).toEqual({ metadata: {}, status: {} });
});

test.each(['', '1', '{}', '{"metadata":1}'])('%j is no object', (text) => {
  expect(anyObjectFrom(text)).toBeNull();
});

test('resources are read by name', () => {
  const resources = [{ name: 'httpendpoints' }, { name: 'httpendpoints/status' }, {}];
  expect(resourceNamesFrom(JSON.stringify({ resources }))).toEqual(new Set(['httpendpoints', 'httpendpoints/status']));
  expect(resourceNamesFrom('{}')).toBeNull();
});

test('managers of fields and the copy that kubectl leaves, values of a Secret included, are not kept', () => {
  const full = kubeObject('a', {
    annotations: { 'kubectl.kubernetes.io/last-applied-configuration': '{"data":{"k":"aHVudGVyMg=="}}', mine: 'kept' },
  });
  const metadata = { ...full.metadata, managedFields: [{ manager: 'kubectl' }] };
  const trimmed = trimmedObject({ ...full, metadata });
  expect(trimmed.metadata).toEqual({ ...full.metadata, annotations: { mine: 'kept' } });
  expect(metadata).toHaveProperty('managedFields');
});

test.each([
  ['{"major":"1","minor":"36"}', { major: 1, minor: 36 }],
  ['{"major":"1","minor":"29+"}', { major: 1, minor: 29 }],
  ['{"major":"1"}', null],
  ['{"major":{},"minor":[]}', null],
  ['<html>', null],
])('the version %s', (text, version) => {
  expect(serverVersionFrom(text)).toEqual(version);
});

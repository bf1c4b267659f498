/** What a line of a watch says. */
import { expect, test } from 'vitest';
import { watchEventFrom } from '../../../../operator/kube/watch-event.ts';
import { kubeObject } from '../../../support/kube-objects.ts';

const object = kubeObject('a', { resourceVersion: '7' });

test.each([
  ['ADDED', 'upsert'],
  ['MODIFIED', 'upsert'],
  ['DELETED', 'delete'],
])('%s is %s', (type, expected) => {
  expect(watchEventFrom(JSON.stringify({ type, object }))).toEqual({ type: expected, object });
});

test('a bookmark is a version', () => {
  const line = JSON.stringify({ type: 'BOOKMARK', object: { metadata: { resourceVersion: '9' } } });
  expect(watchEventFrom(line)).toEqual({ type: 'bookmark', resourceVersion: '9' });
});

test('an error is a code, a reason, and how long to wait', () => {
  const status = { kind: 'Status', code: 429, reason: 'TooManyRequests', details: { retryAfterSeconds: 2 } };
  expect(watchEventFrom(JSON.stringify({ type: 'ERROR', object: status }))).toEqual({
    type: 'error',
    code: 429,
    reason: 'TooManyRequests',
    retryAfterMs: 2000,
  });
});

test('an error without a code is one of the server', () => {
  expect(watchEventFrom('{"type":"ERROR","object":{}}')).toMatchObject({ code: 500 });
});

test.each([
  ['half a line', '{"type":"ADDED","object":{"metada'],
  ['no object', '[1]'],
  ['no type', '{"object":{}}'],
  ['an unknown type', '{"type":"RENAMED","object":{}}'],
  ['an object without metadata', '{"type":"ADDED","object":{}}'],
  ['an object without a version', '{"type":"ADDED","object":{"metadata":{"name":"a","uid":"u"}}}'],
  ['an object without a uid', '{"type":"DELETED","object":{"metadata":{"name":"a","resourceVersion":"1"}}}'],
  ['a bookmark without a version', '{"type":"BOOKMARK","object":{"metadata":{}}}'],
  ['an error without a status', '{"type":"ERROR"}'],
])('%s is no event', (_, line) => {
  expect(watchEventFrom(line)).toBeNull();
});

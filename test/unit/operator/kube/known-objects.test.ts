/** Lists and events become differences. */
import { expect, test } from 'vitest';
import { KnownObjects } from '../../../../operator/kube/known-objects.ts';
import type { ObjectChange } from '../../../../operator/kube/list-watch.ts';
import { kubeObject } from '../../../support/kube-objects.ts';

interface Site {
  readonly objects: KnownObjects;
  /** `+name@version` and `-name`, since the last time. */
  readonly told: () => readonly string[];
}

function site(): Site {
  const changes: ObjectChange[] = [];
  return {
    objects: new KnownObjects((change) => changes.push(change)),
    told: () =>
      changes.splice(0).map(({ kind, object: { metadata } }) => {
        const { name, uid, resourceVersion } = metadata;
        return kind === 'upsert' ? `+${name}@${resourceVersion}` : `-${name} ${uid}`;
      }),
  };
}

function list(objects: KnownObjects, ...pages: readonly (readonly ReturnType<typeof kubeObject>[])[]): void {
  const pass = objects.beginList();
  for (const page of pages) pass.page(page);
  pass.end();
}

test('a first list is told whole', () => {
  const { objects, told } = site();
  list(objects, [kubeObject('a')], [kubeObject('b')]);
  expect(told()).toEqual(['+a@1', '+b@1']);
  expect(objects.size).toBe(2);
});

test('a second list tells what is new, what has changed and what is gone', () => {
  const { objects, told } = site();
  list(objects, [kubeObject('same'), kubeObject('changed'), kubeObject('gone')]);
  told();
  list(objects, [kubeObject('same'), kubeObject('changed', { resourceVersion: '2' })], [kubeObject('new')]);
  expect(told()).toEqual(['+changed@2', '+new@1', '-gone uid-default-gone']);
});

test('names of other namespaces are other objects', () => {
  const { objects, told } = site();
  list(objects, [kubeObject('a'), kubeObject('a', { namespace: 'other' })]);
  list(objects, [kubeObject('a', { namespace: 'other' })]);
  expect(told()).toEqual(['+a@1', '+a@1', '-a uid-default-a']);
});

test('an object that was replaced while nobody watched goes before its namesake comes', () => {
  const { objects, told } = site();
  list(objects, [kubeObject('a', { uid: 'first' })]);
  list(objects, [kubeObject('a', { uid: 'second', resourceVersion: '5' })]);
  expect(told()).toEqual(['+a@1', '-a first', '+a@5']);
});

test('an event about a version that is known is no difference', () => {
  const { objects, told } = site();
  objects.upsert(kubeObject('a'));
  objects.upsert(kubeObject('a'));
  expect(told()).toEqual(['+a@1']);
});

test('the end of an object that is not known is not told', () => {
  const { objects, told } = site();
  objects.delete(kubeObject('a'));
  expect(told()).toEqual([]);
});

test('the end of a former namesake does not end the present one', () => {
  const { objects, told } = site();
  objects.upsert(kubeObject('a', { uid: 'second' }));
  objects.delete(kubeObject('a', { uid: 'first' }));
  expect(told()).toEqual(['+a@1']);
});

test('a list that began again tells each version once, and the end of what only its first half had', () => {
  const { objects, told } = site();
  const pass = objects.beginList();
  pass.page([kubeObject('a'), kubeObject('b')]);
  const again = objects.beginList();
  again.page([kubeObject('a')]);
  again.end();
  expect(told()).toEqual(['+a@1', '+b@1', '-b uid-default-b']);
});

test('what is told of an object that went unseen is who it was', () => {
  const changes: ObjectChange[] = [];
  const objects = new KnownObjects((change) => changes.push(change));
  list(objects, [kubeObject('a', { annotations: { secret: 'x' } })]);
  list(objects, []);
  expect(changes.at(-1)).toEqual({
    kind: 'delete',
    object: { metadata: { name: 'a', namespace: 'default', uid: 'uid-default-a', resourceVersion: '1' } },
  });
});

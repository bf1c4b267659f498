import { describe, expect, test } from 'vitest';
import type { NewObject, ObjectKey } from '../../../../operator/kube/kube-client.ts';
import type { KubeObject } from '../../../../operator/kube/kube-object.ts';
import { ReplicaDirectory } from '../../../../operator/peers/replica-directory.ts';
import { removeStaleLeases } from '../../../../operator/peers/remove-stale-leases.ts';
import { keepPresence } from '../../../../operator/peers/replica-presence.ts';
import { kubeObject } from '../../../support/kube-objects.ts';
import { fakeOwner } from '../../../support/fake-owner.ts';
import { ManualClock } from '../../../support/manual-clock.ts';
import { memoryLogger } from '../../../support/memory-logger.ts';
import { waitUntil } from '../../../support/start-test-proxy.ts';

function lease(name: string, address: string, spec: Readonly<Record<string, unknown>> = {}): KubeObject {
  return kubeObject(
    `farpoint-replica-${name}`,
    { namespace: 'far', annotations: { 'farpoint.dev/address': address } },
    { spec: { holderIdentity: name, leaseDurationSeconds: 15, ...spec } },
  );
}

describe('other replicas', () => {
  test('are those whose Lease was seen to change within its duration; this one is none of them', () => {
    const clock = new ManualClock();
    const directory = new ReplicaDirectory({ ownName: 'a', clock });
    directory.upsert(lease('a', 'a:1'));
    directory.upsert(lease('b', 'b:1'));
    clock.advance(10_000);
    directory.upsert(lease('c', 'c:1'));
    expect(directory.others().map(({ name, address }) => `${name} ${address}`)).toEqual(['b b:1', 'c c:1']);
    clock.advance(5_000);
    expect(directory.others().map(({ name }) => name)).toEqual(['c']);
    directory.upsert(lease('b', 'b:2'));
    expect(directory.others().map(({ address }) => address)).toEqual(['b:2', 'c:1']);
    directory.remove('far/farpoint-replica-b');
    expect(directory.others().map(({ name }) => name)).toEqual(['c']);
  });

  test('are not what says no address, name or duration', () => {
    const directory = new ReplicaDirectory({ ownName: 'a', clock: new ManualClock() });
    directory.upsert(lease('b', 'b:1', { holderIdentity: 7 }));
    directory.upsert(lease('b', 'b:1', { leaseDurationSeconds: undefined }));
    directory.upsert(kubeObject('x', {}, { spec: { holderIdentity: 'x', leaseDurationSeconds: 1 } }));
    expect(directory.others()).toEqual([]);
  });

  test('are a few at most, whatever somebody creates', () => {
    const directory = new ReplicaDirectory({ ownName: 'a', clock: new ManualClock() });
    for (let index = 0; index < 100; index++) directory.upsert(lease(`r${index}`, 'r:1'));
    expect(directory.others()).toHaveLength(32);
  });
});

test('a Lease that nobody renews any more is removed by the leader, unless it was renewed meanwhile', async () => {
  const clock = new ManualClock();
  const directory = new ReplicaDirectory({ ownName: 'a', clock });
  directory.upsert({ ...lease('b', 'b:1'), metadata: { ...lease('b', 'b:1').metadata, resourceVersion: '7' } });
  const deleted: unknown[] = [];
  const stop = new AbortController();
  const done = removeStaleLeases(
    {
      kube: {
        delete: (_type, key, options) => {
          deleted.push([key, options.preconditions]);
          directory.remove('far/farpoint-replica-b');
          return Promise.resolve();
        },
      },
      directory,
      clock,
      logger: memoryLogger([]),
    },
    stop.signal,
  );
  for (let minute = 0; minute < 10; minute++) {
    clock.advance(60_000);
    await new Promise((resolve) => setImmediate(resolve));
  }
  expect(deleted).toEqual([]);
  clock.advance(60_000);
  await waitUntil(() => deleted.length > 0);
  expect(deleted).toEqual([[{ namespace: 'far', name: 'farpoint-replica-b' }, { resourceVersion: '7' }]]);
  stop.abort();
  await done;
});

test('presence is renewed three times within its duration, and taken back at the end', async () => {
  const clock = new ManualClock();
  const applied: NewObject[] = [];
  const deleted: ObjectKey[] = [];
  const stop = new AbortController();
  const done = keepPresence(
    {
      kube: {
        apply: (_type, object) => {
          applied.push(object);
          return Promise.resolve(kubeObject('x'));
        },
        delete: (_type, key) => {
          deleted.push(key);
          return Promise.resolve();
        },
      },
      namespace: 'far',
      replicaName: 'a',
      address: '10.0.0.7:6500',
      durationMs: 15_000,
      owner: fakeOwner('uid-1'),
      clock,
      logger: memoryLogger([]),
    },
    stop.signal,
  );
  await waitUntil(() => applied.length === 1);
  expect(applied[0]).toMatchObject({
    metadata: {
      name: 'farpoint-replica-a',
      namespace: 'far',
      labels: { 'farpoint.dev/replica': 'true' },
      annotations: { 'farpoint.dev/address': '10.0.0.7:6500' },
      ownerReferences: [{ kind: 'ClusterRole', uid: 'uid-1' }],
    },
    spec: { holderIdentity: 'a', leaseDurationSeconds: 15, renewTime: '2026-01-01T00:00:00.000000Z' },
  });
  clock.advance(5_000);
  await waitUntil(() => applied.length === 2);
  stop.abort();
  await done;
  expect(deleted).toEqual([{ namespace: 'far', name: 'farpoint-replica-a' }]);
});

/** Whose uid is taken, and what objects make of it. */
import { setImmediate as turn } from 'node:timers/promises';
import { describe, expect, onTestFinished, test } from 'vitest';
import { ClusterRoleOwner } from '../../../../operator/ownership/cluster-role-owner.ts';
import { hasOwner, noOwner, ownersFor } from '../../../../operator/ownership/object-owner.ts';
import { fakeOwner } from '../../../support/fake-owner.ts';
import { FakeKubeClient } from '../../../support/fake-kube-client.ts';
import { linkError } from '../../../support/link-error.ts';
import { ManualClock } from '../../../support/manual-clock.ts';
import { memoryLogger, type LogLine } from '../../../support/memory-logger.ts';

const path = 'clusterroles//farpoint-operator';
const metadata = { name: 'farpoint-operator' };

interface Bench {
  readonly client: FakeKubeClient;
  readonly clock: ManualClock;
  readonly owner: ClusterRoleOwner;
  readonly lines: LogLine[];
  readonly changes: string[];
  readonly signal: AbortSignal;
  readonly minute: () => Promise<void>;
}

function bench(name = 'farpoint-operator'): Bench {
  const client = new FakeKubeClient();
  const clock = new ManualClock();
  const lines: LogLine[] = [];
  const controller = new AbortController();
  onTestFinished(() => controller.abort());
  const owner = new ClusterRoleOwner({ kube: client, name, clock, logger: memoryLogger(lines) });
  const changes: string[] = [];
  owner.onChanged(() => changes.push(owner.reference()?.uid ?? ''));
  const minute = async (): Promise<void> => {
    clock.advance(60_000);
    for (let n = 0; n < 5; n += 1) await turn();
  };
  return { client, clock, owner, lines, changes, signal: controller.signal, minute };
}

describe('the ClusterRole', () => {
  test('is known when opening is over, and looked at once a minute for another one', async () => {
    const { client, owner, changes, signal, minute } = bench();
    client.put(path, { metadata: { ...metadata, uid: 'one' } });
    await owner.open(signal);
    expect(owner.reference()).toEqual({
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'ClusterRole',
      name: 'farpoint-operator',
      uid: 'one',
    });
    void owner.run(signal);
    await minute();
    client.remove(path);
    await minute();
    expect(owner.reference()?.uid).toBe('one');
    client.put(path, { metadata: { ...metadata, uid: 'two' } });
    await minute();
    expect(changes).toEqual(['one', 'two']);
  });

  test('is waited for while the API server does not answer', async () => {
    const { client, clock, owner, lines, signal } = bench();
    client.put(path, { metadata: { ...metadata, uid: 'one' } });
    client.failure = () => (client.calls.length < 4 ? linkError(0) : null);
    const opening = owner.open(signal);
    for (let n = 0; n < 10; n += 1) {
      clock.advance(15_000);
      await turn();
    }
    await opening;
    expect(owner.reference()?.uid).toBe('one');
    expect(lines.filter(({ level }) => level === 'warn')).toHaveLength(1);
  });

  test.each([403, 404])('holds nothing up when the answer is %d, and that is said once', async (status) => {
    const { client, owner, lines, signal, minute } = bench();
    client.failure = () => linkError(status);
    await owner.open(signal);
    void owner.run(signal);
    await minute();
    await minute();
    expect(owner.reference()).toBeNull();
    expect(lines.filter(({ level }) => level === 'warn')).toHaveLength(1);
  });

  test('is not asked for when there is no name', async () => {
    const { client, owner, signal } = bench('');
    await owner.open(signal);
    await owner.run(signal);
    expect(client.calls).toEqual([]);
  });
});

describe('the owners of an object', () => {
  const other = { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web', uid: 'web-1' };
  const owner = fakeOwner('now');
  const reference = owner.reference();
  const former = { ...other, ...reference, uid: 'before' };

  test.each([
    ['of a new one', null, [reference]],
    ['of one without', {}, [reference]],
    ['of one that others own as well', { ownerReferences: [other] }, [other, reference]],
    ['of one with an owner that is gone', { ownerReferences: [former, other] }, [other, reference]],
  ])('%s', (_, present, expected) => {
    expect(ownersFor(present, owner)).toEqual({ ownerReferences: expected });
    expect(hasOwner(present ?? {}, owner)).toBe(false);
    expect(hasOwner(ownersFor(present, owner), owner)).toBe(true);
  });

  test('stay as they are while nobody is known', () => {
    expect(ownersFor(null, noOwner)).toEqual({});
    expect(ownersFor({ ownerReferences: [former] }, noOwner)).toEqual({ ownerReferences: [former] });
    expect(hasOwner({}, noOwner)).toBe(true);
  });
});

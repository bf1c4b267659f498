/** Election by a Lease in memory and a clock that stands still. */
import { setImmediate as turn } from 'node:timers/promises';
import { describe, expect, onTestFinished, test } from 'vitest';
import { LeaseElection } from '../../../../operator/kube/lease-election.ts';
import { noOwner, type ObjectOwner } from '../../../../operator/ownership/object-owner.ts';
import { fakeOwner } from '../../../support/fake-owner.ts';
import { LeaseStore, type LeaseLink } from '../../../support/lease-store.ts';
import { ManualClock } from '../../../support/manual-clock.ts';
import { memoryLogger } from '../../../support/memory-logger.ts';

interface Replica {
  readonly election: LeaseElection;
  readonly link: LeaseLink;
  readonly changes: boolean[];
  stop(): Promise<void>;
  /** Of this replica alone. */
  readonly clock: ManualClock;
}

async function settled(): Promise<void> {
  for (let i = 0; i < 10; i += 1) await turn();
}

async function join(
  store: LeaseStore,
  replicaName: string,
  { random = 0.5, owner = noOwner }: { readonly random?: number; readonly owner?: ObjectOwner } = {},
): Promise<Replica> {
  const clock = new ManualClock();
  const link: LeaseLink = { fault: 'none', stoodStillMs: 0 };
  const election = new LeaseElection({
    kube: store.client(link),
    namespace: 'far',
    name: 'l',
    replicaName,
    durationMs: 15_000,
    owner,
    clock: {
      monotonicMs: () => clock.monotonicMs() + link.stoodStillMs,
      epochMs: () => clock.epochMs(),
      after: (delayMs, run) => clock.after(delayMs, run),
      sleep: (delayMs, signal) => clock.sleep(delayMs, signal),
    },
    logger: memoryLogger([]),
    random: () => random,
  });
  const changes: boolean[] = [];
  election.onChanged((isLeading) => changes.push(isLeading));
  const ending = new AbortController();
  const running = election.run(ending.signal);
  const stop = async (): Promise<void> => {
    ending.abort();
    await running;
  };
  onTestFinished(stop);
  await settled();
  return { election, link, changes, stop, clock };
}

/** Time passes for all of them alike. `check` is called at each step. */
async function pass(ms: number, replicas: readonly Replica[], check: () => void = () => undefined): Promise<void> {
  for (let restMs = ms; restMs > 0; restMs -= 250) {
    for (const { clock } of replicas) clock.advance(Math.min(250, restMs));
    await settled();
    check();
  }
}

function leaders(replicas: readonly Replica[]): readonly string[] {
  return replicas.filter(({ election }) => election.isLeading()).map(({ election }) => election.identity.slice(0, 1));
}

describe('one replica', () => {
  test('gives the Lease the owner that there is', async () => {
    const store = new LeaseStore();
    const owner = fakeOwner('one');
    const replica = await join(store, 'a', { owner });
    const uids = (): unknown => store.lease?.metadata.ownerReferences?.map(({ uid }) => uid);
    expect(uids()).toEqual(['one']);
    owner.become('two');
    await pass(6_000, [replica]);
    expect(uids()).toEqual(['two']);
  });

  test('creates the Lease and leads', async () => {
    const store = new LeaseStore();
    const one = await join(store, 'a');
    expect(one.election.isLeading()).toBe(true);
    expect(one.changes).toEqual([true]);
    expect(store.spec).toEqual({
      holderIdentity: one.election.identity,
      leaseDurationSeconds: 15,
      acquireTime: '2026-01-01T00:00:00.000000Z',
      renewTime: '2026-01-01T00:00:00.000000Z',
      leaseTransitions: 0,
    });
  });

  test('renews every third of the duration, without reading', async () => {
    const store = new LeaseStore();
    const one = await join(store, 'a');
    await pass(60_000, [one]);
    expect(store.writes).toBe(13);
    expect(store.spec).toMatchObject({ acquireTime: '2026-01-01T00:00:00.000000Z', leaseTransitions: 0 });
    expect(one.changes).toEqual([true]);
  });

  test('gives the Lease up at the end', async () => {
    const store = new LeaseStore();
    const one = await join(store, 'a');
    await one.stop();
    expect(one.changes).toEqual([true, false]);
    expect(store.spec).toMatchObject({ holderIdentity: '', leaseDurationSeconds: 1 });
  });

  test('stops leading before the duration is over when the API server is away, and leads again after', async () => {
    const store = new LeaseStore();
    const one = await join(store, 'a');
    one.link.fault = 'away';
    await pass(11_500, [one]);
    expect(one.election.isLeading()).toBe(true);
    await pass(500, [one]);
    expect(one.changes).toEqual([true, false]);
    one.link.fault = 'none';
    await pass(1000, [one]);
    expect(one.changes).toEqual([true, false, true]);
    expect(store.spec['leaseTransitions']).toBe(0);
  });

  test('goes on leading when its writes come through and their answers do not, for as long as is certain', async () => {
    const store = new LeaseStore();
    const one = await join(store, 'a');
    one.link.fault = 'answers lost';
    await pass(6000, [one]);
    one.link.fault = 'none';
    await pass(1000, [one]);
    expect(one.election.isLeading()).toBe(true);
    expect(one.changes).toEqual([true]);
  });

  test('whose process stood still does not lead, before any timer has run', async () => {
    const one = await join(new LeaseStore(), 'a');
    one.link.stoodStillMs = 11_999;
    expect(one.election.isLeading()).toBe(true);
    one.link.stoodStillMs = 12_000;
    expect(one.election.isLeading()).toBe(false);
    expect(one.changes).toEqual([true]);
  });
});

describe('several replicas', () => {
  test('have one leader, who stays', async () => {
    const store = new LeaseStore();
    const all = [await join(store, 'a'), await join(store, 'b'), await join(store, 'c')];
    await pass(120_000, all, () => expect(leaders(all)).toEqual(['a']));
    expect(all.map(({ changes }) => changes)).toEqual([[true], [], []]);
    expect(all.map(({ election }) => election.holder().slice(0, 1))).toEqual(['a', 'a', 'a']);
  });

  test('have the next leader within a few seconds when the first one leaves', async () => {
    const store = new LeaseStore();
    const [a, b] = [await join(store, 'a'), await join(store, 'b')];
    await pass(20_000, [a, b]);
    await a.stop();
    await pass(3000, [b]);
    expect(b.election.isLeading()).toBe(true);
    expect(store.spec['leaseTransitions']).toBe(1);
  });

  test('never have two leaders while one is cut off, and have another one soon after its time', async () => {
    const store = new LeaseStore();
    const all = [await join(store, 'a'), await join(store, 'b')];
    const [a, b] = all;
    if (a === undefined || b === undefined) throw new Error('there are two');
    await pass(7000, all);
    a.link.fault = 'away';
    await pass(20_000, all, () => expect(leaders(all).length).toBeLessThan(2));
    expect(leaders(all)).toEqual(['b']);
    a.link.fault = 'none';
    await pass(30_000, all, () => expect(leaders(all)).toEqual(['b']));
    expect(a.changes).toEqual([true, false]);
  });

  test('a leader whose process stands still is replaced, and does not lead when it goes on', async () => {
    const store = new LeaseStore();
    const [a, b] = [await join(store, 'a'), await join(store, 'b')];
    await pass(20_000, [b]);
    expect(b.election.isLeading()).toBe(true);
    a.clock.advance(20_000);
    expect(a.election.isLeading()).toBe(false);
    await settled();
    expect(leaders([a, b])).toEqual(['b']);
  });

  test('do not believe the times that others write', async () => {
    const store = new LeaseStore();
    const [a, b] = [await join(store, 'a'), await join(store, 'b')];
    store.edit((spec) => (spec['renewTime'] = '2001-01-01T00:00:00.000000Z'));
    await pass(1000, [b]);
    expect(leaders([a, b])).toEqual(['a']);
    store.edit((spec) => (spec['renewTime'] = '2101-01-01T00:00:00.000000Z'));
    await pass(20_000, [b]);
    expect(b.election.isLeading()).toBe(true);
  });

  test('wait as long as the holder said, not as long as they would themselves', async () => {
    const store = new LeaseStore();
    await join(store, 'a');
    const b = await join(store, 'b');
    store.edit((spec) => (spec['leaseDurationSeconds'] = 60));
    await pass(59_000, [b]);
    expect(b.election.isLeading()).toBe(false);
    await pass(6000, [b]);
    expect(b.election.isLeading()).toBe(true);
  });

  test('that want a free Lease at the same moment get it one after the other', async () => {
    const store = new LeaseStore();
    const first = await join(store, 'x');
    const all = await Promise.all(['a', 'b', 'c'].map((name) => join(store, name)));
    await first.stop();
    await pass(5000, all, () => expect(leaders(all).length).toBeLessThan(2));
    expect(leaders(all)).toHaveLength(1);
  });
});

test('a Lease that somebody deletes is made again by the leader, who notices no gap of its own', async () => {
  const store = new LeaseStore();
  const one = await join(store, 'a');
  store.lease = null;
  await pass(8000, [one]);
  expect(store.spec['holderIdentity']).toBe(one.election.identity);
  expect(one.changes).toEqual([true]);
});

test('a leader whose Lease somebody takes by hand stops at its next renewal', async () => {
  const store = new LeaseStore();
  const one = await join(store, 'a');
  store.edit((spec) => (spec['holderIdentity'] = 'somebody'));
  await pass(7000, [one]);
  expect(one.changes).toEqual([true, false]);
});

test.each([undefined, null, {}, { holderIdentity: null }, { holderIdentity: 7 }])(
  'a Lease with the spec %j counts as free',
  async (spec) => {
    const store = new LeaseStore();
    store.lease = { metadata: { name: 'l', uid: 'u', resourceVersion: '7' }, spec };
    const one = await join(store, 'a');
    expect(one.election.isLeading()).toBe(true);
  },
);

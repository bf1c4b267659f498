/** Replicas that elect one of them on a real API server, each over a way of its own that can be cut. */
import { beforeAll, expect, onTestFinished, test } from 'vitest';
import { systemClock } from '#shared/clock/clock.ts';
import { createKubeClient } from '../../operator/kube/create-kube-client.ts';
import { kubeconfigAccess } from '../../operator/kube/kubeconfig-access.ts';
import { LeaseElection } from '../../operator/kube/lease-election.ts';
import { memoryLogger } from '../support/memory-logger.ts';
import { waitUntil } from '../support/start-test-proxy.ts';
import { installFarpoint } from './support/install-farpoint.ts';
import { sharedControlPlane } from './support/shared-control-plane.ts';
import { startFaultProxy, type FaultProxy } from './support/start-fault-proxy.ts';

const shared = sharedControlPlane();
const operatorNamespace = 'lease-test';

beforeAll(() => installFarpoint(shared, { namespace: operatorNamespace }));

interface Replica {
  readonly election: LeaseElection;
  readonly proxy: FaultProxy;
  leave(): Promise<void>;
}

/** Whenever one begins to lead, nobody else may. */
class Witness {
  readonly replicas: Replica[] = [];
  readonly terms: string[] = [];
  readonly overlaps: string[] = [];

  watch(replica: Replica): void {
    this.replicas.push(replica);
    replica.election.onChanged((isLeading) => {
      if (!isLeading) return;
      this.terms.push(replica.election.identity);
      const leading = this.replicas.filter(({ election }) => election.isLeading());
      if (leading.length > 1) this.overlaps.push(leading.map(({ election }) => election.identity).join());
    });
  }

  get leader(): Replica | undefined {
    return this.replicas.find(({ election }) => election.isLeading());
  }
}

async function stand(witness: Witness, name: string, replicaName: string): Promise<Replica> {
  const proxy = await startFaultProxy({ target: shared.access });
  const user = { namespace: operatorNamespace, serviceAccount: 'farpoint-operator' };
  const access = await kubeconfigAccess(await shared.kubeconfigFor(user, proxy));
  const kube = createKubeClient({ access, clock: systemClock });
  const election = new LeaseElection({
    kube,
    namespace: operatorNamespace,
    name,
    replicaName,
    durationMs: 2000,
    clock: systemClock,
    logger: memoryLogger([]),
  });
  const ending = new AbortController();
  const running = election.run(ending.signal);
  const leave = async (): Promise<void> => {
    ending.abort();
    await running;
  };
  const replica = { election, proxy, leave };
  witness.watch(replica);
  onTestFinished(async () => {
    await leave();
    await kube.close();
    await proxy.close();
  });
  return replica;
}

async function holder(name: string): Promise<string> {
  const path = `/apis/coordination.k8s.io/v1/namespaces/${operatorNamespace}/leases/${name}`;
  const { body } = await shared.request<{ readonly spec: { readonly holderIdentity?: string } }>({ path });
  return body.spec.holderIdentity ?? '';
}

test('one leads; when it leaves the next one does', async () => {
  const witness = new Witness();
  const all = await Promise.all(['a', 'b', 'c'].map((replicaName) => stand(witness, 'leaves', replicaName)));
  await waitUntil(() => witness.leader !== undefined);
  const first = witness.leader;
  expect(await holder('leaves')).toBe(first?.election.identity);
  await first?.leave();
  expect(first?.election.isLeading()).toBe(false);
  await waitUntil(() => witness.leader !== undefined);
  expect(witness.leader).not.toBe(first);
  expect(witness.overlaps).toEqual([]);
  await waitUntil(() =>
    all.every(({ election }) => election === first?.election || election.holder() === witness.terms[1]),
  );
});

test('a leader that is cut off stops, another one leads, and the first one does not come back between', async () => {
  const witness = new Witness();
  await Promise.all(['a', 'b'].map((replicaName) => stand(witness, 'cut', replicaName)));
  await waitUntil(() => witness.leader !== undefined);
  const first = witness.leader;
  first?.proxy.inject({ kind: 'silence' });
  await waitUntil(() => witness.terms.length === 2);
  expect(first?.election.isLeading()).toBe(false);
  first?.proxy.clear();
  await waitUntil(() => first?.election.holder() === witness.terms[1]);
  expect(witness.overlaps).toEqual([]);
  expect(witness.terms).toHaveLength(2);
});

test('a leader whose answers get lost leads on, or stops in time', async () => {
  const witness = new Witness();
  await Promise.all(['a', 'b'].map((replicaName) => stand(witness, 'lost', replicaName)));
  await waitUntil(() => witness.leader !== undefined);
  for (const { proxy } of witness.replicas) proxy.inject({ kind: 'half-answer' }, { chance: 0.3 });
  for (const { proxy } of witness.replicas) proxy.inject({ kind: 'status', status: 500 }, { chance: 0.2 });
  await waitUntil(() => witness.replicas.every(({ proxy }) => proxy.doneOf('half-answer') > 3));
  for (const { proxy } of witness.replicas) proxy.clear();
  await waitUntil(() => witness.leader !== undefined);
  expect(witness.overlaps).toEqual([]);
});

test('a Lease that somebody deletes is made again', async () => {
  const witness = new Witness();
  const { election } = await stand(witness, 'deleted', 'a');
  await waitUntil(() => election.isLeading());
  const path = `/apis/coordination.k8s.io/v1/namespaces/${operatorNamespace}/leases/deleted`;
  await shared.mustRequest({ method: 'DELETE', path });
  await waitUntil(async () => (await shared.request({ path })).status === 200);
  expect(await holder('deleted')).toBe(election.identity);
});

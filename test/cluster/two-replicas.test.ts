/** Two operators behind one address, as processes: what one does when the other ends, and that no proxy notices. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { defaultTokenAudience } from '#shared/push/push-channel.ts';
import { ask } from '../support/ask.ts';
import { valueOf } from '../support/exposition.ts';
import { acknowledge, openPush } from '../support/push-reader.ts';
import { startUpstream } from '../support/start-upstream.ts';
import { waitUntil } from '../support/start-test-proxy.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { endpointViewer, type EndpointViewer } from './support/endpoint-status.ts';
import { installFarpoint } from './support/install-farpoint.ts';
import { startKillableOperator, type KillableOperator } from './support/killable-operator.ts';
import { createPodCredentials } from './support/pod-credentials.ts';
import { sharedControlPlane } from './support/shared-control-plane.ts';
import { startPodProxy, type PodProxy } from './support/start-pod-proxy.ts';
import { startSteadyCalls } from './support/start-steady-calls.ts';
import { startSwitchboard } from './support/start-switchboard.ts';
import { echoed, WrittenEndpoints } from './support/written-endpoints.ts';

const client = sharedControlPlane();

interface Fleet {
  readonly namespace: string;
  readonly leader: KillableOperator;
  readonly follower: KillableOperator;
  readonly written: WrittenEndpoints;
  readonly view: EndpointViewer;
  /** Starts the next proxy of the one app; all connections go to this replica from now on. */
  proxyBy(replica: KillableOperator): Promise<PodProxy>;
  /** Where all connections go from now on. */
  sendAllTo(replica: KillableOperator): void;
}

async function startFleet(): Promise<Fleet> {
  const namespace = await client.createNamespace('fleet');
  const { kubeconfigPath } = await installFarpoint(client, { namespace, watchNamespaces: [namespace] });
  const tokenFile = join(await temporaryFolder(), 'token');
  const audience = defaultTokenAudience;
  await writeFile(tokenFile, await client.tokenFor({ namespace, serviceAccount: 'farpoint-operator', audience }));
  const replica = (name: string): Promise<KillableOperator> => {
    const args = [`--replica-name=${name}`, `--peer-token-file=${tokenFile}`];
    return startKillableOperator({ kubeconfigPath, namespace, args });
  };
  const leader = await replica('replica-a');
  await waitUntil(() => isLeading(leader));
  const follower = await replica('replica-b');
  let route = leader;
  const port = await startSwitchboard(() => route.port);
  const upstream = await startUpstream(({ url = '', headers }, response) => {
    response.end(echoed(url, headers['x-token']));
  });
  let proxies = 0;
  return {
    namespace,
    leader,
    follower,
    written: new WrittenEndpoints({ client, namespace, origin: upstream.origin }),
    view: endpointViewer(client, namespace),
    async proxyBy(one) {
      route = one;
      const podName = `orders-${(proxies += 1)}`;
      const proxy = await startPodProxy({ client, namespace, appId: 'orders', podName, operatorPort: port });
      await waitUntil(() => proxy.running.tableRevision() !== '');
      return proxy;
    },
    sendAllTo(one) {
      route = one;
    },
  };
}

async function isLeading(replica: KillableOperator): Promise<boolean> {
  return valueOf(await replica.metrics(), 'farpoint_operator_leader', {}) === 1;
}

async function streamsOf(replica: KillableOperator): Promise<number> {
  return valueOf(await replica.metrics(), 'farpoint_operator_streams', {});
}

/** Of the one app, as this replica tells it. */
async function revisionAt(replica: KillableOperator): Promise<string> {
  const infos = (await replica.metrics()).get('farpoint_operator_table_info')?.samples ?? [];
  return infos.map(({ labels }) => labels['revision'] ?? '').join();
}

/** Resolves when replicas and proxies have the same revision. */
async function untilSame(replicas: readonly KillableOperator[], proxies: readonly PodProxy[]): Promise<void> {
  await waitUntil(async () => {
    const told = await Promise.all(replicas.map((replica) => revisionAt(replica)));
    return new Set([...told, ...proxies.map(({ running }) => running.tableRevision())]).size === 1;
  });
}

function connections({ lines }: PodProxy): number {
  return lines.filter(({ message }) => message === 'connected to the control plane').length;
}

async function untilProgrammed({ view }: Fleet, name: string, proxies: number): Promise<void> {
  const message = `${proxies} of ${proxies} proxies have this generation`;
  await waitUntil(async () => {
    const programmed = await view.condition(name, 'Programmed');
    const { generation } = (await view.get(name)).metadata;
    return programmed?.message === message && programmed.observedGeneration === generation;
  });
}

test.each([{ how: 'killed' }, { how: 'stopped' }] as const)(
  'a leader that is $how leaves its work and its proxies to the other',
  async ({ how }) => {
    const fleet = await startFleet();
    const { leader, follower, written } = fleet;
    for (const name of ['steady', 'moves', 'goes']) {
      await written.rotate(name);
      await written.set(name);
    }
    const proxies = [await fleet.proxyBy(leader), await fleet.proxyBy(follower)];
    const ports = proxies.map(({ port }) => port);
    expect([await streamsOf(leader), await streamsOf(follower)]).toEqual([1, 1]);
    await written.untilServedBy(...ports);
    await untilProgrammed(fleet, 'moves', 2);
    await untilSame([leader, follower], proxies);
    const path = '/v1.0/invoke/steady/method/x';
    const expected = (await ask(ports[0] ?? 0, { path })).body;
    const calls = ports.map((port) => startSteadyCalls(port, { path, expected }));

    fleet.sendAllTo(follower);
    await (how === 'killed' ? leader.kill() : leader.stop());
    await written.set('moves');
    await written.rotate('moves');
    await written.remove('goes');
    await written.rotate('comes');
    await written.set('comes');
    await written.untilServedBy(...ports);
    await waitUntil(async () => (await streamsOf(follower)) === 2);
    await waitUntil(() => isLeading(follower));
    await untilProgrammed(fleet, 'moves', 2);
    await untilProgrammed(fleet, 'comes', 2);
    await untilSame([follower], proxies);
    expect(proxies.map((proxy) => connections(proxy))).toEqual([2, 1]);

    await leader.start();
    await leader.ready();
    const third = await fleet.proxyBy(leader);
    await untilSame([leader, follower], [...proxies, third]);
    await untilProgrammed(fleet, 'comes', 3);
    expect([await isLeading(leader), await isLeading(follower)]).toEqual([false, true]);
    for (const each of calls) {
      await each.stop();
      expect(each.failures).toEqual([]);
    }
  },
);

test('acknowledgements that are posted to the other replica count', async () => {
  const fleet = await startFleet();
  const { namespace, leader, follower, written } = fleet;
  await written.rotate('far');
  await written.set('far');
  const pairs = [
    [leader, follower],
    [follower, leader],
  ] as const;
  for (const [at, [{ port: operatorPort }, other]] of pairs.entries()) {
    const pod = { client, namespace, appId: 'orders', podName: `orders-${at}`, operatorPort };
    const { target, token } = await createPodCredentials(pod);
    const reader = await openPush(target, token);
    await waitUntil(() => reader.held()['far'] !== undefined && reader.lines.at(-1)?.type === 'SYNCED');
    const said = { stream: reader.id, revision: reader.revisions.at(-1), state: 'applied', reasons: [] };
    expect((await acknowledge({ ...target, port: other.port }, token, said)).status).toBe(204);
    const labels = { outcome: 'stray' };
    expect(valueOf(await other.metrics(), 'farpoint_operator_acknowledgements_total', labels)).toBe(1);
  }
  await untilProgrammed(fleet, 'far', 2);
});

test('both make the same of many changes, though each has seen them in its own way', async () => {
  const fleet = await startFleet();
  const { leader, follower, written } = fleet;
  const proxies = [await fleet.proxyBy(leader), await fleet.proxyBy(follower)];
  const stop = new AbortController();
  const names = Array.from({ length: 8 }, (_, index) => `endpoint-${index}`);
  const writing = written.writeUntil(stop.signal, names);
  // It begins with what is there, where the other has seen every step.
  fleet.sendAllTo(leader);
  await follower.kill();
  await follower.start();
  await follower.ready();
  stop.abort();
  expect(await writing).toBeGreaterThan(0);
  await written.untilServedBy(...proxies.map(({ port }) => port));
  const third = await fleet.proxyBy(follower);
  await untilSame([leader, follower], [...proxies, third]);
  expect(third.running.tableRevision()).not.toBe('');
});

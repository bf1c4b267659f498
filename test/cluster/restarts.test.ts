/** Operator, API server and proxy go away and come back, etcd forgets: calls go on, and no update is missed. With a control plane of its own. */
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { ask } from '../support/ask.ts';
import { startClusterProxy } from '../support/start-cluster-proxy.ts';
import { startUpstream } from '../support/start-upstream.ts';
import { waitUntil } from '../support/start-test-proxy.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { ChildProcesses } from './support/child-processes.ts';
import { startProxyProcess, type ProxyProcess } from './support/farpoint-process.ts';
import { installFarpoint } from './support/install-farpoint.ts';
import { startKillableOperator, type KillableOperator } from './support/killable-operator.ts';
import { createPodCredentials } from './support/pod-credentials.ts';
import { startControlPlane, type ControlPlane } from './support/start-control-plane.ts';
import { startPodProxy, type PodProxy } from './support/start-pod-proxy.ts';
import { startSteadyCalls, type SteadyCalls } from './support/start-steady-calls.ts';
import { echoed, WrittenEndpoints } from './support/written-endpoints.ts';

let cluster: ControlPlane;

beforeAll(async () => {
  cluster = await startControlPlane();
});

afterAll(() => cluster.stop());

interface Site {
  readonly namespace: string;
  readonly operator: KillableOperator;
  readonly written: WrittenEndpoints;
  readonly proxies: readonly PodProxy[];
  /** Through each proxy, to an endpoint that nobody changes. */
  readonly calls: readonly SteadyCalls[];
  untilServed(): Promise<void>;
}

async function startSite(): Promise<Site> {
  const namespace = await cluster.createNamespace('shop');
  const { kubeconfigPath } = await installFarpoint(cluster, { namespace, watchNamespaces: [namespace] });
  const operator = await startKillableOperator({ kubeconfigPath, namespace });
  const upstream = await startUpstream(({ url = '', headers }, response) => {
    response.end(echoed(url, headers['x-token']));
  });
  const written = new WrittenEndpoints({ client: cluster, namespace, origin: upstream.origin });
  for (const name of ['steady', 'stays', 'goes']) {
    await written.rotate(name);
    await written.set(name);
  }
  const proxies: PodProxy[] = [];
  for (const appId of ['orders', 'billing']) {
    proxies.push(await startPodProxy({ client: cluster, namespace, appId, operatorPort: operator.port }));
  }
  const ports = proxies.map(({ port }) => port);
  await written.untilServedBy(...ports);
  const path = '/v1.0/invoke/steady/method/x';
  const expected = (await ask(ports[0] ?? 0, { path })).body;
  const calls = ports.map((port) => startSteadyCalls(port, { path, expected }));
  return { namespace, operator, written, proxies, calls, untilServed: () => written.untilServedBy(...ports) };
}

/** One of each kind. */
async function writeEach(written: WrittenEndpoints): Promise<void> {
  await written.set('stays');
  await written.rotate('stays');
  await written.remove('goes');
  await written.rotate('comes');
  await written.set('comes');
  await written.set('without-secret');
}

async function callsGoOn({ calls }: Site): Promise<void> {
  await Promise.all(calls.map((each) => each.goOn()));
}

/** Ends the calls. */
async function failedCalls({ calls }: Site): Promise<readonly string[]> {
  await Promise.all(calls.map((each) => each.stop()));
  return calls.flatMap(({ failures }) => failures);
}

describe('an operator that is killed', () => {
  test('catches up when it comes back, and calls go on meanwhile', async () => {
    const site = await startSite();
    await site.operator.kill();
    await writeEach(site.written);
    await callsGoOn(site);
    await site.operator.start();
    await site.operator.ready();
    await site.untilServed();
    await writeEach(site.written);
    await site.untilServed();
    expect(await failedCalls(site)).toEqual([]);
  });

  test('again and again while writes happen, also before it is ready, misses none', async () => {
    const site = await startSite();
    const stop = new AbortController();
    const names = Array.from({ length: 12 }, (_, index) => `endpoint-${index}`);
    const writing = site.written.writeUntil(stop.signal, names);
    for (const isToBeReady of [true, false, true]) {
      await site.operator.kill();
      await callsGoOn(site);
      await site.operator.start();
      if (isToBeReady) await site.operator.ready();
      await callsGoOn(site);
    }
    await site.operator.ready();
    await callsGoOn(site);
    stop.abort();
    expect(await writing).toBeGreaterThan(50);
    await site.untilServed();
    expect(await failedCalls(site)).toEqual([]);
  });
});

/** How often the proxies have begun a stream. */
function connections({ proxies }: Site): readonly number[] {
  return proxies.map(({ lines }) => lines.filter(({ message }) => message === 'connected to the control plane').length);
}

describe('an API server', () => {
  test.each([{ atOnce: false }, { atOnce: true }])(
    'that goes and comes back (%o) is followed again, and no stream ends',
    async (how) => {
      const site = await startSite();
      await cluster.stopApiServer(how);
      await callsGoOn(site);
      await cluster.startApiServer();
      await writeEach(site.written);
      await site.untilServed();
      expect(site.operator.hasEnded()).toBe(false);
      expect(connections(site)).toEqual([1, 1]);
      expect(await failedCalls(site)).toEqual([]);
    },
  );

  test('that is away keeps new proxies waiting, and no longer than it is', async () => {
    const site = await startSite();
    const { namespace, operator, written } = site;
    const pod = { client: cluster, namespace, appId: 'search', operatorPort: operator.port };
    const { token, target } = await createPodCredentials(pod);
    const folder = await temporaryFolder();
    const [tokenFile, caFile] = [join(folder, 'token'), join(folder, 'ca.crt')];
    await Promise.all([writeFile(tokenFile, token), writeFile(caFile, target.caPem)]);
    await cluster.stopApiServer();
    const { running, lines, port } = await startClusterProxy({
      address: `localhost:${operator.port}`,
      tokenFile,
      caFile,
      args: ['--app-id=search'],
      env: { NAMESPACE: namespace },
    });
    await waitUntil(() => lines.some(({ fields }) => String(fields['reason']).includes('status 503')));
    expect(running.tableRevision()).toBe('');
    await cluster.startApiServer();
    await written.untilServedBy(port);
    expect(await failedCalls(site)).toEqual([]);
  });

  test('that was restarted after etcd forgot what the operator had not seen yet, is listed anew', async () => {
    const site = await startSite();
    // Without a connection, and asleep: it sees nothing of what follows until it goes on.
    await cluster.stopApiServer();
    site.operator.signal('SIGSTOP');
    onTestFinished(() => site.operator.signal('SIGCONT'));
    await cluster.startApiServer();
    await writeEach(site.written);
    await cluster.compact();
    await cluster.restartApiServer();
    await callsGoOn(site);
    site.operator.signal('SIGCONT');
    await site.untilServed();
    const expired = (await site.operator.log()).filter(
      ({ msg, kind, reason }) => msg === 'listed' && kind === 'httpendpoints.dapr.io' && reason === 'expired',
    );
    expect(expired.length).toBeGreaterThan(0);
    await writeEach(site.written);
    await site.untilServed();
    expect(await failedCalls(site)).toEqual([]);
  });
});

test('a proxy that is killed and started again while the operator is away serves what it had, and catches up', async () => {
  const site = await startSite();
  const { namespace, operator, written, proxies } = site;
  const [orders] = proxies;
  if (orders === undefined) throw new Error('there is no proxy');
  const folder = await temporaryFolder();
  const children = ChildProcesses.start('');
  onTestFinished(() => children.close());
  const start = (): Promise<ProxyProcess> =>
    startProxyProcess({
      children,
      appId: 'orders',
      namespace,
      podName: orders.podName,
      controlPlaneAddress: `localhost:${operator.port}`,
      tokenFile: orders.tokenFile,
      caFile: orders.caFile,
      logFile: join(folder, 'proxy.log'),
      args: [`--table-cache-dir=${folder}`, '--log-as-json'],
    });
  const first = await start();
  await first.ready();
  await written.untilServedBy(first.port);
  await waitUntil(async () => (await readdir(folder)).includes('table.ndjson'));
  await operator.kill();
  await first.child.end(0);

  const second = await start();
  await second.ready();
  await written.untilServedBy(second.port);
  expect(await readFile(join(folder, 'proxy.log'), 'utf8')).toContain('endpoint table restored from the cache');
  await writeEach(written);
  await operator.start();
  await written.untilServedBy(second.port);
  expect(await failedCalls(site)).toEqual([]);
});

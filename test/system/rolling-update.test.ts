/** A Deployment is replaced while it serves and calls: nobody notices, with proxies of either kind. */
import { beforeAll, beforeEach, expect, test } from 'vitest';
import { endpointManifest } from '../support/tls-manifests.ts';
import { type AppReport, type CallingApp, callingDeployment, importCallingApp } from './support/calling-app.ts';
import { installChart } from './support/install-chart.ts';
import { makeOwnNamespace, type OwnNamespace } from './support/own-namespace.ts';
import { sharedCluster } from './support/shared-cluster.ts';
import { showWhenFailed } from './support/show-namespaces.ts';
import { type NodeServer, startReportServer, startUpstream } from './support/start-node-server.ts';
import { startSteadyRequests } from './support/steady-requests.ts';

const cluster = sharedCluster();
const quick = '/v1.0/invoke/vault/method/quick';
const slow = '/v1.0/invoke/vault/method/slow?ms=2000';
const replicas = 2;
let own: OwnNamespace;
let vault: NodeServer;
let reporting: Awaited<ReturnType<typeof startReportServer>>;

beforeAll(async () => {
  [vault, reporting] = await Promise.all([
    startUpstream('vault'),
    startReportServer(),
    installChart(cluster),
    importCallingApp(cluster),
  ]);
  own = await makeOwnNamespace(cluster, 'rolling');
  await own.apply(
    endpointManifest({ name: 'vault', baseUrl: vault.origin }),
    ...[native, classic].map((app) => callingDeployment({ ...common(), ...app, replicas })),
  );
  await own.rolledOut('native', 'classic');
  return async () => {
    await own.remove();
    await Promise.all([vault.close(), reporting.close()]);
  };
});

beforeEach(() => showWhenFailed(cluster, () => [own.name]));

const native = { name: 'native', annotations: { 'dapr.io/enable-native-sidecar': 'true' } };
/** Both containers start and are told to end at once. The application waits for its proxy, as every one beside daprd does. */
const classic = { name: 'classic', annotations: { 'dapr.io/enable-native-sidecar': 'false' }, env: { WAIT: 'yes' } };

const common = (): Omit<CallingApp, 'name'> => ({
  call: quick,
  slowCall: slow,
  reportTo: reporting.origin,
  lingerMs: 5_000,
});

test.concurrent.each([native, classic])(
  'no request and no call fails while $name pods are replaced',
  async ({ name }) => {
    const url = await own.serviceUrl(name);
    const before = await own.podsOf(name);
    const expected = 'vault';
    const requests = startSteadyRequests({ url: `${url}${quick}`, lanes: 2, pauseMs: 20, expected });
    const slowRequests = startSteadyRequests({ url: `${url}${slow}`, lanes: 4, expected });
    await slowRequests.next(4);

    await own.kubectl('rollout', 'restart', `deployment/${name}`);
    await own.rolledOut(name);
    const ended = (): readonly AppReport[] =>
      reporting.reports.filter(({ kind, pod }) => kind === 'ended' && before.includes(pod));
    await expect.poll(() => ended().length, { timeout: 60_000 }).toBe(replicas);
    await Promise.all([requests.stop(), slowRequests.stop()]);

    const calls = ended().map((report) => report.calls ?? 0);
    const since = ended().map(({ callsSinceTerm = 0 }) => callsSinceTerm);
    process.stdout.write(
      `${name}: ${requests.count} requests and ${slowRequests.count} slow ones; of the old pods ${calls.join(' and ')} calls, ` +
        `${since.join(' and ')} of them after SIGTERM\n`,
    );
    expect([...requests.failures, ...slowRequests.failures]).toEqual([]);
    expect(reporting.reports.filter(({ kind, pod }) => kind === 'failed' && pod.startsWith(name))).toEqual([]);
    expect(ended().every(({ failed }) => failed === 0)).toBe(true);
    expect(Math.min(...since)).toBeGreaterThan(5);
    expect(requests.count).toBeGreaterThan(50);
  },
);

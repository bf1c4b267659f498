/** Jobs with a proxy: they call, and they end. */
import { beforeAll, beforeEach, expect, test } from 'vitest';
import { endpointManifest } from '../support/tls-manifests.ts';
import { callingPod, importCallingApp } from './support/calling-app.ts';
import { installChart } from './support/install-chart.ts';
import { makeOwnNamespace, type OwnNamespace } from './support/own-namespace.ts';
import { sharedCluster } from './support/shared-cluster.ts';
import { showWhenFailed } from './support/show-namespaces.ts';
import { type NodeServer, startReportServer, startUpstream } from './support/start-node-server.ts';

const cluster = sharedCluster();
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
  own = await makeOwnNamespace(cluster, 'job');
  await own.apply(endpointManifest({ name: 'vault', baseUrl: vault.origin }));
  return async () => {
    await own.remove();
    await Promise.all([vault.close(), reporting.close()]);
  };
});

beforeEach(() => showWhenFailed(cluster, () => [own.name]));

function jobSpec(annotations: Readonly<Record<string, string>> = {}): object {
  const { metadata, spec } = callingPod({
    name: 'nightly',
    call: '/v1.0/invoke/vault/method/x',
    reportTo: reporting.origin,
    env: { ONCE: 'yes' },
    annotations,
  });
  return { backoffLimit: 0, template: { metadata, spec: { ...spec, restartPolicy: 'Never' } } };
}

test('a Job calls through its proxy and completes, and so does the next of its CronJob', async () => {
  const spec = { schedule: '0 3 * * *', jobTemplate: { spec: jobSpec() } };
  await own.apply(JSON.stringify({ apiVersion: 'batch/v1', kind: 'CronJob', metadata: { name: 'nightly' }, spec }));
  for (const name of ['first', 'second']) {
    await own.kubectl('create', 'job', name, '--from=cronjob/nightly');
    await own.kubectl('wait', '--for=condition=Complete', `job/${name}`, '--timeout=60s');
  }
  const ended = { kind: 'ended', calls: 1, failed: 0 };
  expect(reporting.reports).toMatchObject([
    { ...ended, pod: expect.stringMatching(/^first-/) as unknown },
    { ...ended, pod: expect.stringMatching(/^second-/) as unknown },
  ]);
  const containers = 'jsonpath={.items[*].spec.initContainers[*].name}';
  expect(await own.kubectl('get', 'pods', `--output=${containers}`)).toBe('daprd daprd');
});

test('a Job whose proxy is an ordinary container is told about, for it would not end', async () => {
  const template = { 'dapr.io/enable-native-sidecar': 'false' };
  const spec = jobSpec(template);
  await own.apply(JSON.stringify({ apiVersion: 'batch/v1', kind: 'Job', metadata: { name: 'endless' }, spec }));
  const described = (): Promise<string> => own.kubectl('describe', 'job', 'endless');
  await expect
    .poll(described, { timeout: 30_000 })
    .toMatch(/Warning +InjectionDoubtful .*the Job will not end by itself/);
  expect(await own.kubectl('get', 'job', 'endless', '--output=jsonpath={.status.succeeded}')).toBe('');
});

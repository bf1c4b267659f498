/** No operator runs for a minute: what works goes on, what cannot start says why, and all is current when one is back. */
import { setTimeout as pause } from 'node:timers/promises';
import { beforeAll, beforeEach, expect, test } from 'vitest';
import { endpointManifest } from '../support/tls-manifests.ts';
import { type CallingApp, callingDeployment, callingPod, importCallingApp } from './support/calling-app.ts';
import { installChart, releaseNamespace } from './support/install-chart.ts';
import { makeOwnNamespace, type OwnNamespace } from './support/own-namespace.ts';
import { killContainer, podState } from './support/pod-state.ts';
import { secondsText } from './support/seconds-text.ts';
import { sharedCluster } from './support/shared-cluster.ts';
import { showWhenFailed } from './support/show-namespaces.ts';
import { type NodeServer, startUpstream } from './support/start-node-server.ts';
import { answerOf, startSteadyRequests } from './support/steady-requests.ts';

const cluster = sharedCluster();
const awayMs = 60_000;
/** Proxies without an operator ask every 15 seconds at the least. */
const currentWithinMs = 60_000;
const path = '/v1.0/invoke/vault/method/x';
const gate = 'test.farpoint.dev/later';
let own: OwnNamespace;
let before: NodeServer;
let changed: NodeServer;

beforeAll(async () => {
  [before, changed] = await Promise.all([
    startUpstream('before'),
    startUpstream('changed'),
    installChart(cluster),
    importCallingApp(cluster),
  ]);
  own = await makeOwnNamespace(cluster, 'away');
  await own.apply(
    endpointManifest({ name: 'vault', baseUrl: before.origin }),
    callingDeployment({ name: 'orders' }),
    callingDeployment({ name: 'victim' }),
    barePod({ name: 'gated' }, { schedulingGates: [{ name: gate }] }),
  );
  await own.rolledOut('orders', 'victim');
  return async () => {
    await scaleOperators(2);
    await own.remove();
    await Promise.all([before.close(), changed.close()]);
  };
});

beforeEach(() => showWhenFailed(cluster, () => [own.name]));

test('calls go on, what cannot start says why, and all is current when operators are back', async () => {
  const calls = startSteadyRequests({ url: `${await own.serviceUrl('orders')}${path}`, lanes: 2, pauseMs: 50 });
  await scaleOperators(0);
  const awaySinceMs = performance.now();
  const [restartMs] = await Promise.all([killProxyOfVictim(), gatedPodWaits(), plainPodStarts()]);
  // Our kinds are still written; what is wrong with them would be found later.
  await own.apply(endpointManifest({ name: 'vault', baseUrl: changed.origin }));
  await pause(awaySinceMs + awayMs - performance.now());
  // Last: whoever makes pods in vain tries again less and less often.
  await refusedDeploymentSaysWhy();
  expect(await calls.next()).not.toContain('changed');

  const backSinceMs = performance.now();
  await scaleOperators(2);
  const startedMs = performance.now() - backSinceMs;
  const sinceBack = async (what: Promise<unknown>): Promise<number> => {
    await what;
    return performance.now() - backSinceMs;
  };
  const [changeMs, gatedMs, refusedMs] = await Promise.all([
    sinceBack(calls.until('changed', currentWithinMs)),
    sinceBack(own.kubectl('wait', '--for=condition=Ready', 'pod/gated', '--timeout=60s')),
    sinceBack(own.rolledOut('refused')),
  ]);
  await calls.stop();
  expect(await answerOf(`${await podUrl('gated')}:8080${path}`)).toBe('changed');
  expect(await answerOf(`${await own.serviceUrl('refused')}${path}`)).toBe('changed');
  process.stdout.write(
    `${calls.count} calls, ${calls.failures.length} failed; a proxy that was killed served again after ${secondsText(restartMs)}. ` +
      `Operators were ready ${secondsText(startedMs)} after they were ordered back, the change was in use after ${secondsText(changeMs)}, ` +
      `the waiting pod ready after ${secondsText(gatedMs)}, the refused Deployment after ${secondsText(refusedMs)}\n`,
  );
  expect(calls.failures).toEqual([]);
});

/** Resolves when so many are ready, and no others are left. */
async function scaleOperators(replicas: number): Promise<void> {
  const kubectl = async (...args: readonly string[]): Promise<void> => {
    const { code, stderr } = await cluster.kubectl([`--namespace=${releaseNamespace}`, ...args]);
    if (code !== 0) throw new Error(stderr);
  };
  await kubectl('scale', 'deployment/farpoint-operator', `--replicas=${replicas}`);
  if (replicas > 0) return kubectl('rollout', 'status', 'deployment/farpoint-operator', '--timeout=90s');
  return kubectl(
    'wait',
    '--for=delete',
    'pods',
    '--selector=app.kubernetes.io/name=farpoint-operator',
    '--timeout=60s',
  );
}

/** Its table is in memory of the pod: it needs nobody to serve again. Returns how long that took. */
async function killProxyOfVictim(): Promise<number> {
  const [name = ''] = await own.podsOf('victim');
  const pod = { namespace: own.name, name };
  await killContainer(cluster, pod, 'daprd');
  const killedMs = performance.now();
  const restarts = async (): Promise<number | undefined> =>
    (await podState(cluster, pod)).containers.find((container) => container.name === 'daprd')?.restartCount;
  await expect.poll(restarts, { timeout: 30_000 }).toBe(1);
  const url = `${await podUrl(name)}:8080${path}`;
  await expect.poll(() => answerOf(url), { timeout: 30_000, interval: 20 }).toBe('before');
  const tookMs = performance.now() - killedMs;
  const log = await own.kubectl('logs', name, '--container=daprd');
  expect(log).toContain('endpoint table restored from the cache');
  expect(log).not.toContain('connected to the control plane');
  return tookMs;
}

/** It was admitted while there was an operator, so it has a proxy, which has no table. */
async function gatedPodWaits(): Promise<void> {
  await own.kubectl('patch', 'pod', 'gated', '--type=json', '--patch=[{"op":"remove","path":"/spec/schedulingGates"}]');
  await untilSaid(/no connection to the control plane.* reason="[^"]/, 'logs', 'gated', '--container=daprd');
  await untilSaid(/Startup probe failed: HTTP probe failed with statuscode: 500/, 'describe', 'pod', 'gated');
  expect(await answerOf(`${await podUrl('gated')}:3501/v1.0/healthz`)).toMatch(
    /^500 .*dapr is not ready: \[endpoints\b/,
  );
  expect(await podState(cluster, { namespace: own.name, name: 'gated' })).toMatchObject({
    isReady: false,
    phase: 'Pending',
  });
}

async function plainPodStarts(): Promise<void> {
  await own.apply(barePod({ name: 'plain', annotations: { 'dapr.io/enabled': 'false' } }));
  await own.kubectl('wait', '--for=condition=Ready', 'pod/plain', '--timeout=60s');
}

async function refusedDeploymentSaysWhy(): Promise<void> {
  await own.apply(callingDeployment({ name: 'refused' }));
  await untilSaid(/ReplicaFailure +True +FailedCreate/, 'describe', 'deployment', 'refused');
  await untilSaid(
    /failed calling webhook "injector.farpoint.dev"/,
    'describe',
    'replicasets',
    '--selector=app=refused',
  );
  expect(await own.podsOf('refused')).toEqual([]);
}

async function untilSaid(expected: RegExp, ...args: readonly string[]): Promise<void> {
  const said = (): Promise<string> => own.kubectl(...args).catch((error: unknown) => String(error));
  await expect.poll(said, { timeout: 45_000, interval: 500 }).toMatch(expected);
}

async function podUrl(name: string): Promise<string> {
  return `http://${await own.kubectl('get', 'pod', name, '--output=jsonpath={.status.podIP}')}`;
}

function barePod(app: CallingApp, spec: object = {}): string {
  const pod = callingPod(app);
  const metadata = { ...pod.metadata, name: app.name };
  return JSON.stringify({ apiVersion: 'v1', kind: 'Pod', metadata, spec: { ...pod.spec, ...spec } });
}

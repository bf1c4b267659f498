/** The chart is upgraded and rolled back while applications call, pods are made and endpoints change. */
import { setTimeout as pause } from 'node:timers/promises';
import { beforeAll, beforeEach, expect, test } from 'vitest';
import { endpointManifest } from '../support/tls-manifests.ts';
import { callingDeployment, callingPod, importCallingApp } from './support/calling-app.ts';
import { installChart, releaseNamespace } from './support/install-chart.ts';
import { makeOwnNamespace, type OwnNamespace } from './support/own-namespace.ts';
import { sharedCluster } from './support/shared-cluster.ts';
import { showWhenFailed } from './support/show-namespaces.ts';
import { type NodeServer, startUpstream } from './support/start-node-server.ts';
import { startSteadyRequests } from './support/steady-requests.ts';

const cluster = sharedCluster();
const soonMs = 10_000;
/** A new leader writes no number that is likely to be another one soon, for 15 seconds. */
const countedWithinMs = 30_000;
let own: OwnNamespace;
let upstreams: Readonly<Record<'before' | 'upgraded' | 'back', NodeServer>>;

beforeAll(async () => {
  const [before, upgraded, back] = await Promise.all([
    startUpstream('before'),
    startUpstream('upgraded'),
    startUpstream('back'),
    installChart(cluster),
    importCallingApp(cluster),
  ]);
  upstreams = { before, upgraded, back };
  own = await makeOwnNamespace(cluster, 'upgrade');
  await own.apply(callingDeployment({ name: 'orders', replicas: 2 }), vaultAt('before'));
  await own.rolledOut('orders');
  return async () => {
    await own.remove();
    await Promise.all([before.close(), upgraded.close(), back.close()]);
  };
});

beforeEach(() => showWhenFailed(cluster, () => [own.name]));

const vaultAt = (upstream: keyof typeof upstreams): string =>
  endpointManifest({ name: 'vault', baseUrl: upstreams[upstream].origin });

test('no call fails and no pod goes without its proxy while the chart is upgraded and rolled back', async () => {
  const calls = startSteadyRequests({ url: `${await own.serviceUrl('orders')}/v1.0/invoke/vault/method/x`, lanes: 4 });
  const pods = startMakingPods();
  const appsBefore = await own.podsOf('orders');
  const operatorsBefore = await operators();
  expect(operatorsBefore.pods).toHaveLength(2);
  await calls.next();

  await installChart(cluster, { logLevel: 'debug', replicas: 3, injection: { timeoutSeconds: 9 } });
  const upgraded = await operators();
  expect(upgraded.pods).toHaveLength(3);
  expect(upgraded.args).toContain('--log-level=debug');
  expect(upgraded.pods.filter((name) => operatorsBefore.pods.includes(name))).toEqual([]);
  await own.apply(vaultAt('upgraded'));
  const afterUpgradeMs = await calls.until('upgraded', soonMs);
  await pods.next();

  const { code, stderr } = await cluster.helm(['rollback', 'farpoint', `--namespace=${releaseNamespace}`, '--wait']);
  expect(code, stderr).toBe(0);
  const back = await operators();
  expect(back.args).toEqual(operatorsBefore.args);
  await own.apply(vaultAt('back'));
  const afterRollbackMs = await calls.until('back', soonMs);
  await pods.next();
  await own.kubectl('wait', '--for=condition=Programmed', 'httpendpoint/vault', '--timeout=30s');
  const endpoint = (): Promise<string> => own.kubectl('get', 'httpendpoint', 'vault');
  await expect.poll(endpoint, { timeout: countedWithinMs, interval: 200 }).toContain('2/2');
  await Promise.all([calls.stop(), pods.stop()]);

  process.stdout.write(
    `${calls.count} calls, ${calls.failures.length} failed; ${pods.made} pods made, ${pods.refusals.length} refused at first; ` +
      `changes arrived after ${Math.round(afterUpgradeMs)} and ${Math.round(afterRollbackMs)} ms\n`,
  );
  expect(calls.failures).toEqual([]);
  expect(pods.withoutProxy).toBe(0);
  expect(pods.refusals).toEqual([]);
  expect(await own.podsOf('orders')).toEqual(appsBefore);
});

interface OperatorDeployment {
  readonly spec: {
    readonly template: { readonly spec: { readonly containers: readonly [{ readonly args: string[] }] } };
  };
}

/** The pods that are not about to end, and the arguments of new ones. */
async function operators(): Promise<{ readonly pods: readonly string[]; readonly args: readonly string[] }> {
  const path = `/apis/apps/v1/namespaces/${releaseNamespace}/deployments/farpoint-operator`;
  const { spec } = await cluster.mustRequest<OperatorDeployment>({ path, method: 'GET' });
  const { items } = await cluster.mustRequest<{
    readonly items: readonly { readonly metadata: { readonly name: string; readonly deletionTimestamp?: string } }[];
  }>({ path: `/api/v1/namespaces/${releaseNamespace}/pods`, method: 'GET' });
  const pods = items.filter(({ metadata }) => metadata.deletionTimestamp === undefined);
  return { pods: pods.map(({ metadata }) => metadata.name), args: spec.template.spec.containers[0].args };
}

interface MadePods {
  readonly made: number;
  readonly withoutProxy: number;
  /** Each was made at a later try. */
  readonly refusals: readonly string[];
  /** Resolves when one more has been made. */
  next(): Promise<void>;
  stop(): Promise<void>;
}

/** Asks for annotated pods all the time; the API server decides about them, and keeps none. */
function startMakingPods(): MadePods {
  const refusals: string[] = [];
  let made = 0;
  let withoutProxy = 0;
  let isStopping = false;
  const running = run();
  return {
    get made() {
      return made;
    },
    get withoutProxy() {
      return withoutProxy;
    },
    refusals,
    async next() {
      const before = made;
      while (made === before) await pause(20);
    },
    async stop() {
      isStopping = true;
      await running;
    },
  };

  async function run(): Promise<void> {
    const pod = callingPod({ name: 'made' });
    const body = { ...pod, metadata: { ...pod.metadata, name: 'made' } };
    while (!isStopping) {
      const { status, body: answer } = await cluster.request<{
        readonly message?: string;
        readonly spec?: { readonly initContainers?: readonly { readonly name: string }[] };
      }>({ method: 'POST', path: `/api/v1/namespaces/${own.name}/pods?dryRun=All`, body });
      if (status !== 201) refusals.push(`${status} ${answer.message}`);
      else {
        made += 1;
        if (answer.spec?.initContainers?.[0]?.name !== 'daprd') withoutProxy += 1;
      }
      await pause(100);
    }
  }
}

/** A node loses its power and comes back: nobody has to do anything. */
import { beforeAll, beforeEach, expect, test } from 'vitest';
import { endpointManifest } from '../support/tls-manifests.ts';
import { callingDeployment, importCallingApp } from './support/calling-app.ts';
import { installChart, releaseNamespace } from './support/install-chart.ts';
import { makeOwnNamespace, type OwnNamespace } from './support/own-namespace.ts';
import { secondsText } from './support/seconds-text.ts';
import { sharedCluster } from './support/shared-cluster.ts';
import { showWhenFailed } from './support/show-namespaces.ts';
import { type NodeServer, startUpstream } from './support/start-node-server.ts';
import { answerOf } from './support/steady-requests.ts';

const cluster = sharedCluster();
const path = '/v1.0/invoke/vault/method/x';
const kinds = { native: 'true', classic: 'false' } as const;
const backWithinMs = 120_000;
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
  own = await makeOwnNamespace(cluster, 'restart');
  await own.apply(
    endpointManifest({ name: 'vault', baseUrl: before.origin }),
    ...Object.entries(kinds).map(([name, isNative]) =>
      callingDeployment({ name, annotations: { 'dapr.io/enable-native-sidecar': isNative } }),
    ),
  );
  await own.rolledOut(...Object.keys(kinds));
  return async () => {
    await own.remove();
    await Promise.all([before.close(), changed.close()]);
  };
});

beforeEach(() => showWhenFailed(cluster, () => [own.name]));

test('operators, proxies and applications come back, and endpoints are current', async () => {
  const urls = await Promise.all(Object.keys(kinds).map(async (name) => `${await own.serviceUrl(name)}${path}`));
  expect(await Promise.all(urls.map(answerOf))).toEqual(['before', 'before']);
  const [apps, operators] = await Promise.all([podsIn(own.name), podsIn(releaseNamespace)]);

  await cluster.stopNode();
  // Nobody is there to tell of it, and the tables of proxies are gone with the memory of their pods.
  await own.apply(endpointManifest({ name: 'vault', baseUrl: changed.origin }));
  const startedMs = performance.now();
  await cluster.startNode();
  const sinceStart = async (what: Promise<unknown>): Promise<number> => {
    await what;
    return performance.now() - startedMs;
  };
  const untilAnswers = async (expected: readonly string[]): Promise<void> => {
    const answers = (): Promise<readonly string[]> => Promise.all(urls.map(answerOf));
    await expect.poll(answers, { timeout: backWithinMs, interval: 100 }).toEqual(expected);
  };
  const [operatorsMs, callsMs] = await Promise.all([
    sinceStart(untilReady(releaseNamespace, operators)),
    sinceStart(untilAnswers(['changed', 'changed'])),
  ]);
  const podsMs = await sinceStart(untilReady(own.name, apps));

  process.stdout.write(
    `after the start of the node: operators ready after ${secondsText(operatorsMs)}, calls answered after ${secondsText(callsMs)}, ` +
      `all pods ready after ${secondsText(podsMs)}\n`,
  );
});

/** Every one is ready, and each of its containers has started anew: what the API server knew of them before does not count. */
async function untilReady(namespace: string, earlier: readonly PodObject[]): Promise<void> {
  const waiting = async (): Promise<readonly string[]> => {
    const pods = await podsIn(namespace);
    return earlier
      .filter((pod) => !pods.some((now) => now.metadata.uid === pod.metadata.uid && isBack(now.status, pod.status)))
      .map(({ metadata }) => metadata.name);
  };
  await expect.poll(waiting, { timeout: backWithinMs, interval: 200 }).toEqual([]);
}

interface PodObject {
  readonly metadata: { readonly name: string; readonly uid: string };
  readonly status: {
    readonly conditions: readonly { readonly type: string; readonly status: string }[];
    readonly initContainerStatuses?: readonly { readonly restartCount: number }[];
    readonly containerStatuses: readonly { readonly restartCount: number }[];
  };
}

function isBack(now: PodObject['status'], earlier: PodObject['status']): boolean {
  const isReady = now.conditions.some(({ type, status }) => type === 'Ready' && status === 'True');
  const counts = restartsOf(earlier);
  return isReady && restartsOf(now).every((restarts, index) => restarts > (counts[index] ?? 0));
}

function restartsOf({ initContainerStatuses = [], containerStatuses }: PodObject['status']): readonly number[] {
  return [...initContainerStatuses, ...containerStatuses].map(({ restartCount }) => restartCount);
}

async function podsIn(namespace: string): Promise<readonly PodObject[]> {
  const list = { method: 'GET', path: `/api/v1/namespaces/${namespace}/pods` };
  return (await cluster.mustRequest<{ readonly items: readonly PodObject[] }>(list)).items;
}

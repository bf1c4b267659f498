/** What the operator's bench needs of a cluster: endpoints, pods with tokens, and the operator as a process under measurement. */
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { defaultTokenAudience } from '#shared/push/push-channel.ts';
import { nodeFlagsOf } from '../../support/node-flags-of.ts';
import { MeasuredProcess } from '../measured-process.ts';
import { asInPod } from './as-in-pod.ts';
import type { ControlPlane } from '../../cluster/support/start-control-plane.ts';
import { freePort } from '../../cluster/support/free-port.ts';

/** Of three: PINGs and ticks of thousands of streams are not quite nothing. */
const quietCpuSeconds = 0.3;
/** Requests to the API server at once, while the bench sets itself up. */
const requestsAtOnce = 16;
const bundle = join(import.meta.dirname, '../../../dist/farpoint.js');
const endpointsPath = '/apis/dapr.io/v1alpha1/namespaces';

export interface MeasuredOperator {
  readonly process: MeasuredProcess;
  /** False: it reads a kubeconfig, whose library takes some 60 MB. */
  readonly isAsInPod: boolean;
  /** Of the push channel. */
  readonly origin: string;
  readonly caPem: string;
}

/** An HTTPEndpoint; without an app it is for every app of the namespace. */
export interface BenchEndpoint {
  readonly name: string;
  readonly appId: string | null;
}

/** Creates the endpoints. */
export async function createEndpoints(
  controlPlane: ControlPlane,
  namespace: string,
  endpoints: readonly BenchEndpoint[],
): Promise<void> {
  await forEachAtOnce(endpoints, async ({ name, appId }) => {
    await controlPlane.mustRequest({
      path: `${endpointsPath}/${namespace}/httpendpoints`,
      body: {
        apiVersion: 'dapr.io/v1alpha1',
        kind: 'HTTPEndpoint',
        metadata: { name },
        spec: {
          baseUrl: 'https://upstream.example/0',
          headers: [{ name: 'Accept-Language', value: 'en' }],
        },
        ...(appId === null ? {} : { scopes: [appId] }),
      },
    });
  });
}

/** Gives an endpoint another path: one write. Returns when the API server has answered. */
export async function changeEndpoint(
  controlPlane: ControlPlane,
  namespace: string,
  change: { readonly name: string; readonly path: string },
): Promise<void> {
  await controlPlane.mustRequest({
    method: 'PATCH',
    path: `${endpointsPath}/${namespace}/httpendpoints/${change.name}`,
    contentType: 'application/merge-patch+json',
    body: { spec: { baseUrl: `https://upstream.example/${change.path}` } },
  });
}

/** Creates pods, one an app, and returns a token of each. */
export async function createPods(
  controlPlane: ControlPlane,
  namespace: string,
  appIds: readonly string[],
): Promise<readonly string[]> {
  const tokensByAppId = new Map<string, string>();
  await forEachAtOnce(appIds, async (appId) => {
    const pod = await controlPlane.mustRequest<{ readonly metadata: { readonly uid: string } }>({
      path: `/api/v1/namespaces/${namespace}/pods`,
      body: {
        metadata: {
          name: appId,
          labels: { 'dapr.io/sidecar-injected': 'true' },
          annotations: { 'dapr.io/app-id': appId },
        },
        spec: { containers: [{ name: 'app', image: 'registry.local/app:1' }] },
      },
    });
    const token = await controlPlane.tokenFor({
      namespace,
      serviceAccount: 'default',
      pod: { name: appId, uid: pod.metadata.uid },
      audience: defaultTokenAudience,
      expirationSeconds: 7_200,
    });
    tokensByAppId.set(appId, token);
  });
  return appIds.map((appId) => tokensByAppId.get(appId) ?? '');
}

/** Starts `farpoint operator` from the bundle and resolves when it is ready. */
export async function startOperatorProcess(options: {
  readonly controlPlane: ControlPlane;
  readonly namespace: string;
  readonly kubeconfigPath: string;
}): Promise<MeasuredOperator> {
  const { controlPlane, namespace, kubeconfigPath } = options;
  const [port, metricsPort] = [await freePort(), await freePort()];
  const command = [
    join(import.meta.dirname, '../../../node_modules/.bin/node'),
    ...nodeFlagsOf(bundle),
    bundle,
    'operator',
    `--namespace=${namespace}`,
    '--listen-address=127.0.0.1',
    `--port=${port}`,
    '--metrics-listen-address=127.0.0.1',
    `--metrics-port=${metricsPort}`,
    '--webhook-listen-address=127.0.0.1',
    '--webhook-port=0',
    '--service-names=localhost',
    '--log-level=warn',
  ];
  const inPod = await asInPod(controlPlane, { namespace, name: 'farpoint-operator' }, command);
  const process = await MeasuredProcess.start(inPod ?? [...command, `--kubeconfig=${kubeconfigPath}`]);
  while (!(await isReady(`http://127.0.0.1:${metricsPort}/readyz`))) {
    if (process.hasExited) throw new Error(`the operator ended:\n${process.output}`);
    await pause(50);
  }
  const secret = await controlPlane.request<{ readonly data: Readonly<Record<string, string>> }>({
    path: `/api/v1/namespaces/${namespace}/secrets/farpoint-control-plane`,
  });
  return {
    process,
    isAsInPod: inPod !== null,
    origin: `https://localhost:${port}`,
    caPem: Buffer.from(secret.body.data['ca.crt'] ?? '', 'base64').toString('utf8'),
  };
}

/** Resolves when the process has used little processor time for three seconds, or after the limit. */
export async function untilQuiet(process: MeasuredProcess, limitMs: number): Promise<void> {
  const deadlineMs = performance.now() + limitMs;
  let before = await process.cpuSeconds();
  while (performance.now() < deadlineMs) {
    await pause(3_000);
    const now = await process.cpuSeconds();
    if (now - before < quietCpuSeconds) return;
    before = now;
  }
}

async function isReady(url: string): Promise<boolean> {
  try {
    return (await fetch(url)).ok;
  } catch {
    return false;
  }
}

async function forEachAtOnce<Item>(items: readonly Item[], each: (item: Item) => Promise<void>): Promise<void> {
  const queue = [...items];
  await Promise.all(
    Array.from({ length: requestsAtOnce }, async () => {
      for (let item = queue.shift(); item !== undefined; item = queue.shift()) await each(item);
    }),
  );
}

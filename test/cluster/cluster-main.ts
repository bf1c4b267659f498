/**
 * `make cluster`: a real API server, the operator, an upstream, and one proxy under the identity of a Pod object, until
 * Ctrl-C. PORT moves the proxy (0: any free port); ONCE=1 does what it tells a newcomer to do, and ends.
 */
import { mkdtemp } from 'node:fs/promises';
import { join } from 'node:path';
import { systemClock } from '#shared/clock/clock.ts';
import { sendRequest } from '../../examples/run/send-request.ts';
import { stopSignal } from '../../examples/run/stop-signal.ts';
import { wishedPort } from '../../examples/run/wished-port.ts';
import { startPalpatine } from '../../examples/upstreams/palpatine.ts';
import { manifestPort, manifestsFor } from './make-cluster/manifests.ts';
import { createPodIdentity } from './make-cluster/pod-identity.ts';
import { ChildProcesses, type RunningChild } from './support/child-processes.ts';
import { startOperatorProcess, startProxyProcess } from './support/farpoint-process.ts';
import { installFarpoint } from './support/install-farpoint.ts';
import { type ControlPlane, startControlPlane } from './support/start-control-plane.ts';

const appId = 'orders';
const namespace = 'default';
const operatorNamespace = 'farpoint-system';
const path = '/v1.0/invoke/palpatine/method/council';
const graceMs = 10_000;

async function main(env: NodeJS.ProcessEnv): Promise<number> {
  const port = await wishedPort(env['PORT'] ?? '', 'cluster');
  if (typeof port === 'string') {
    print(port);
    return 1;
  }
  const stopped = stopSignal();
  print('Starting etcd and kube-apiserver.');
  const controlPlane = await startControlPlane();
  const children = ChildProcesses.start('');
  const palpatine = await startPalpatine({ port: manifestPort, token: 'hello-there', clock: systemClock });
  try {
    const cluster = await startCluster({ controlPlane, children, port, upstreamPort: palpatine.port });
    try {
      if ((env['ONCE'] ?? '') !== '') return await tryOnce(controlPlane, cluster);
      print(nextSteps(controlPlane, cluster));
      const early = await Promise.race([...cluster.running.map(({ ended }) => ended), stopped]);
      if (early === undefined) return 0;
      print(`${early} by itself; its log is in ${cluster.folder}`);
      return 1;
    } finally {
      await cluster.stop();
    }
  } catch (error) {
    print(error instanceof Error ? error.message : String(error));
    return 1;
  } finally {
    await children.close();
    await Promise.all([palpatine.close(), controlPlane.stop()]);
  }
}

interface Cluster {
  readonly port: number;
  readonly manifests: string;
  /** Holds the logs. */
  readonly folder: string;
  readonly running: readonly RunningChild[];
  stop(): Promise<void>;
}

async function startCluster(site: {
  readonly controlPlane: ControlPlane;
  readonly children: ChildProcesses;
  readonly port: number;
  readonly upstreamPort: number;
}): Promise<Cluster> {
  const { controlPlane, children, port } = site;
  const folder = await mkdtemp(join(controlPlane.access.folder, 'farpoint-'));
  print('Installing the CRDs and what the operator may do; starting the operator.');
  const { kubeconfigPath } = await installFarpoint(controlPlane, { namespace: operatorNamespace });
  const operator = await startOperatorProcess({
    children,
    kubeconfigPath,
    namespace: operatorNamespace,
    logFile: join(folder, 'operator.log'),
  });
  await operator.ready();
  print(`Starting the proxy of app ${appId} under the identity of a Pod in namespace ${namespace}.`);
  const identity = await createPodIdentity({ client: controlPlane, namespace, appId, folder, report: print });
  const proxy = await startProxyProcess({
    children,
    appId,
    namespace,
    port,
    podName: identity.podName,
    controlPlaneAddress: operator.address,
    tokenFile: identity.tokenFile,
    caFile: identity.caFile,
    logFile: join(folder, 'proxy.log'),
  });
  await proxy.ready();
  return {
    port,
    manifests: await manifestsFor({ port: site.upstreamPort, folder }),
    folder,
    running: [operator.child, proxy.child],
    async stop() {
      identity.stop();
      await proxy.child.end(graceMs);
      await operator.child.end(graceMs);
    },
  };
}

function nextSteps({ access }: ControlPlane, { port, manifests, folder }: Cluster): string {
  return [
    '',
    'The cluster is up. In another terminal:',
    `  export KUBECONFIG=${access.kubeconfigPath}`,
    `  alias kubectl=${access.kubectlPath}    # if you have none`,
    `  kubectl apply -f ${manifests}`,
    '  kubectl get httpendpoints',
    `  ${curlLine(port)}`,
    'Change the Secret or the HTTPEndpoint with kubectl, and the next call follows.',
    `The logs of operator and proxy are in ${folder}. Ctrl-C ends everything.`,
  ].join('\n');
}

/** What the next steps say, as a newcomer does them. */
async function tryOnce(controlPlane: ControlPlane, { port, manifests }: Cluster): Promise<number> {
  print(`\n$ kubectl apply -f ${manifests}`);
  print((await controlPlane.kubectl(['apply', '-f', manifests])).stdout.trimEnd());
  const wait = await controlPlane.kubectl([
    'wait',
    '--for=condition=Programmed',
    '--timeout=20s',
    'httpendpoint/palpatine',
  ]);
  print((wait.stdout + wait.stderr).trimEnd());
  print('$ kubectl get httpendpoints');
  print((await controlPlane.kubectl(['get', 'httpendpoints'])).stdout.trimEnd());
  print(`$ ${curlLine(port)}`);
  const answer = await sendRequest({ port, path });
  print(`${answer.status} ${answer.body.trimEnd()}`);
  return wait.code === 0 && answer.status === 200 ? 0 : 1;
}

function curlLine(port: number): string {
  return `curl -si http://127.0.0.1:${port}${path}`;
}

function print(text: string): void {
  process.stdout.write(`${text}\n`);
}

process.exitCode = await main(process.env);

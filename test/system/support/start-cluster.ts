/** A whole Kubernetes of one node, inside the namespaces that run-in-namespace.ts makes; it goes with them. */
import { mkdir, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { ChildProcesses, type RunningChild } from '../../cluster/support/child-processes.ts';
import { assetsIn } from '../../cluster/support/control-plane-assets.ts';
import { findHelm } from '../../cluster/support/find-helm.ts';
import { findPrograms } from '../../cluster/support/find-programs.ts';
import { controlPlanePrograms, nodePrograms, pauseProgram } from '../../cluster/support/program-sets.ts';
import { type ControlPlane, startControlPlane } from '../../cluster/support/start-control-plane.ts';
import { apiServerFiles } from '../../cluster/support/api-server-flags.ts';
import { makeCgroup } from './cgroup.ts';
import type { ClusterAccess } from './cluster-access.ts';
import { isDnsReady, startDns } from './cluster-dns.ts';
import { type Cluster, connectCluster } from './connect-cluster.ts';
import { writeImageArchive } from './write-image-archive.ts';
import { apiServiceAddress, nodeAddress, nodeName, serviceRange } from './node-address.ts';
import { pauseImage, writeNodeFiles } from './node-files.ts';
import { type NodeProcesses, nodeProcesses, runCtr } from './node-processes.ts';
import { serveNodeSwitch } from './node-switch.ts';
import { folderVariable } from './run-in-namespace.ts';

export interface StartedCluster extends Cluster {
  /** Ends everything. */
  stop(): Promise<void>;
}

const readyMs = 60_000;

/** Starts one and resolves when its node is ready. Throws with the ends of its logs when it does not become so. */
export async function startCluster(env: NodeJS.ProcessEnv = process.env): Promise<StartedCluster> {
  const folder = env[folderVariable] ?? '';
  if (folder === '') throw new Error('a node needs namespaces of its own: start this by make test-system');
  const logFolder = join(folder, 'logs');
  await mkdir(logFolder);
  const assets = assetsIn(await findPrograms(controlPlanePrograms, env));
  const programs = await findPrograms(nodePrograms, env);
  const forNodes = { address: nodeAddress, serviceRange, serviceAddress: apiServiceAddress };
  const controlPlane = await startControlPlane({ assets, forNodes });
  const children = ChildProcesses.start('');
  try {
    const site = { controlPlane, programs, folder, logFolder, children };
    const [node, controllers, dns] = await Promise.all([startNode(site), startControllers(site), startDns(site)]);
    const access: ClusterAccess = {
      ...controlPlane.access,
      helmPath: await findHelm(env),
      logFolder,
      switchSocket: join(folder, 'node-switch.sock'),
    };
    const nodeSwitch = await serveNodeSwitch(access.switchSocket, node);
    const cluster = connectCluster(access);
    await untilReady(cluster, [...controllers, dns]);
    return {
      ...cluster,
      async stop() {
        nodeSwitch.close();
        await node.stop();
        cluster.close();
        await children.close();
        await controlPlane.stop();
      },
    };
  } catch (error) {
    await children.close();
    await controlPlane.stop();
    throw error;
  }
}

interface Site {
  readonly controlPlane: ControlPlane;
  readonly programs: string;
  readonly folder: string;
  readonly logFolder: string;
  readonly children: ChildProcesses;
}

/** The kubeconfig of a part of the cluster. */
async function kubeconfigFor(
  { controlPlane }: Site,
  name: string,
  organizations: readonly string[] = [],
): Promise<string> {
  const issued = await controlPlane.authorities.clients.issueClient({ name, organizations });
  return controlPlane.kubeconfigFor({ certificatePem: issued.chainPem, privateKeyPem: issued.privateKeyPem });
}

async function startNode(site: Site): Promise<NodeProcesses> {
  const { controlPlane, folder } = site;
  const cgroup = basename(folder);
  await makeCgroup(cgroup, join(folder, 'cgroup-controllers'));
  const serving = await controlPlane.authorities.serving.issueServer({ hosts: [nodeName, nodeAddress] });
  const [certificateFile, keyFile] = [join(folder, 'kubelet.crt'), join(folder, 'kubelet.key')];
  await writeFile(certificateFile, serving.chainPem);
  await writeFile(keyFile, serving.privateKeyPem, { mode: 0o600 });
  const files = await writeNodeFiles({
    folder,
    cgroup,
    certificateFile,
    keyFile,
    caFile: join(controlPlane.access.folder, apiServerFiles.clientAuthority),
    kubeProxyKubeconfig: await kubeconfigFor(site, 'system:kube-proxy'),
  });
  const kubeletKubeconfig = await kubeconfigFor(site, `system:node:${nodeName}`, ['system:nodes']);
  const node = nodeProcesses({ ...site, files, cgroup, kubeletKubeconfig });
  await node.start();
  const archive = join(folder, 'pause.tar');
  const pauseFile = join(await findPrograms(pauseProgram), 'pause');
  await writeImageArchive({ name: pauseImage, files: { '/pause': pauseFile }, entrypoint: ['/pause'], archive });
  await runCtr(['images', 'import', archive]);
  return node;
}

async function startControllers(site: Site): Promise<readonly RunningChild[]> {
  const file = (name: keyof typeof apiServerFiles): string =>
    join(site.controlPlane.access.folder, apiServerFiles[name]);
  const startOne = async (name: string, flags: readonly string[]): Promise<RunningChild> => {
    const kubeconfig = await kubeconfigFor(site, `system:${name}`);
    return site.children.start({
      name,
      command: join(site.programs, name),
      args: [`--kubeconfig=${kubeconfig}`, '--leader-elect=false', '--bind-address=127.0.0.1', ...flags],
      logFile: join(site.logFolder, `${name}.log`),
    });
  };
  return Promise.all([
    startOne('kube-scheduler', []),
    startOne('kube-controller-manager', [
      '--use-service-account-credentials',
      `--service-account-private-key-file=${file('serviceAccountKey')}`,
      `--root-ca-file=${file('authority')}`,
    ]),
  ]);
}

async function untilReady(cluster: Cluster, running: readonly RunningChild[]): Promise<void> {
  const deadline = performance.now() + readyMs;
  while (!((await cluster.isNodeReady()) && (await isDnsReady()))) {
    const over = running.find((child) => child.hasEnded());
    if (over !== undefined) throw new Error(`${await over.ended}:\n${await over.logTail()}`);
    if (performance.now() > deadline) {
      throw new Error(`node and DNS were not ready after ${readyMs / 1000} s:\n${await cluster.nodeLogs()}`);
    }
    await pause(100);
  }
}

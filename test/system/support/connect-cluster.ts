/** The hands of a test on a whole cluster: those on its control plane, and helm, images, and the node. */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { connectControlPlane, type ControlPlaneClient } from '../../cluster/support/connect-control-plane.ts';
import { type HelmOptions, runHelm } from '../../cluster/support/run-helm.ts';
import type { EndedProgram } from '../../cluster/support/run-to-end.ts';
import type { ClusterAccess } from './cluster-access.ts';
import { nodeName } from './node-address.ts';
import { runCtr } from './node-processes.ts';
import { orderNode } from './node-switch.ts';

export interface Cluster extends ControlPlaneClient {
  readonly access: ClusterAccess;
  /** Runs helm as administrator. Does not reject when helm fails. */
  helm(args: readonly string[], options?: HelmOptions): Promise<EndedProgram>;
  /** Gives the node the images of an archive, of OCI or of `docker save`. */
  importImage(archive: string): Promise<void>;
  /** Ends kubelet, containerd, kube-proxy and every container at once, as a machine that loses its power. */
  stopNode(): Promise<void>;
  /** Starts it again: pods come back by themselves. Resolves when kubelet has started. */
  startNode(): Promise<void>;
  isNodeReady(): Promise<boolean>;
  /** The last lines of each program of the node, for messages. */
  nodeLogs(): Promise<string>;
}

interface NodeObject {
  readonly status?: { readonly conditions?: readonly { readonly type: string; readonly status: string }[] };
}

/** Connects to a cluster of this or another process, inside the same namespaces. */
export function connectCluster(access: ClusterAccess): Cluster {
  const controlPlane = connectControlPlane(access);
  return {
    ...controlPlane,
    access,
    helm: (args, options) =>
      runHelm({ program: access.helmPath, folder: join(access.folder, 'helm') }, args, {
        kubeconfig: access.kubeconfigPath,
        ...options,
      }),
    async importImage(archive) {
      await runCtr(['images', 'import', archive]);
    },
    stopNode: () => orderNode(access.switchSocket, 'stop'),
    startNode: () => orderNode(access.switchSocket, 'start'),
    async isNodeReady() {
      const { body } = await controlPlane.request<NodeObject>({ path: `/api/v1/nodes/${nodeName}` });
      return (body.status?.conditions ?? []).some(({ type, status }) => type === 'Ready' && status === 'True');
    },
    async nodeLogs() {
      const names = await readdir(access.logFolder);
      const tails = names.map(async (name) => {
        const lines = (await readFile(join(access.logFolder, name), 'utf8')).trimEnd().split('\n');
        return [`--- ${name}`, ...lines.slice(-20)].join('\n');
      });
      return (await Promise.all(tails)).join('\n');
    },
  };
}

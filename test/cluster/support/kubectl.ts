/** kubectl, as a user has it. */
import { join } from 'node:path';
import type { ControlPlaneAccess } from './control-plane-access.ts';
import { runToEnd, type EndedProgram } from './run-to-end.ts';

export interface KubectlOptions {
  readonly stdin?: string;
  /** Path of a kubeconfig; the administrator's unless given. */
  readonly kubeconfig?: string;
}

/** Runs it to its end. Does not reject when kubectl fails. */
export function runKubectl(
  access: Pick<ControlPlaneAccess, 'kubeconfigPath' | 'kubectlPath' | 'folder'>,
  args: readonly string[],
  { stdin = '', kubeconfig = access.kubeconfigPath }: KubectlOptions = {},
): Promise<EndedProgram> {
  return runToEnd(access.kubectlPath, [`--kubeconfig=${kubeconfig}`, ...args], {
    // What it caches belongs to this control plane, whatever HOME is.
    env: { ...process.env, KUBECACHEDIR: join(access.folder, 'kubectl-cache') },
    stdin,
  });
}

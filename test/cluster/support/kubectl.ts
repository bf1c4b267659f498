/** kubectl, as a user has it. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import type { ControlPlaneAccess } from './control-plane-access.ts';

export interface KubectlResult {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface KubectlOptions {
  readonly stdin?: string;
  /** Path of a kubeconfig; the administrator's unless given. */
  readonly kubeconfig?: string;
}

/** Runs it to its end. Does not reject when kubectl fails. */
export async function runKubectl(
  access: Pick<ControlPlaneAccess, 'kubeconfigPath' | 'kubectlPath' | 'folder'>,
  args: readonly string[],
  { stdin = '', kubeconfig = access.kubeconfigPath }: KubectlOptions = {},
): Promise<KubectlResult> {
  const child = spawn(access.kubectlPath, [`--kubeconfig=${kubeconfig}`, ...args], {
    // What it caches belongs to this control plane, whatever HOME is.
    env: { ...process.env, KUBECACHEDIR: join(access.folder, 'kubectl-cache') },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  child.stdin.on('error', () => undefined);
  child.stdin.end(stdin);
  const over = once(child, 'close') as Promise<[number | null]>;
  const [stdout, stderr, [code]] = await Promise.all([text(child.stdout), text(child.stderr), over]);
  return { code, stdout, stderr };
}

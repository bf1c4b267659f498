/**
 * Finds a real control plane: what KUBEBUILDER_ASSETS names, a build of test/cluster/control-plane that was kept, or a new
 * build, in that order.
 */
import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { assetsIn, type ControlPlaneAssets } from './control-plane-assets.ts';

/** TEMPORARY first version. */
export async function findControlPlane(): Promise<ControlPlaneAssets> {
  const { mkdir, symlink } = await import('node:fs/promises');
  const folder = join(homedir(), '.cache', 'farpoint', 'bootstrap');
  await mkdir(folder, { recursive: true });
  for (const name of ['etcd', 'kube-apiserver', 'kubectl'])
    if (!existsSync(join(folder, name))) await symlink('../control-plane-bootstrap', join(folder, name));
  return assetsIn(folder);
}

/** Finds a real control plane: what KUBEBUILDER_ASSETS names, or what test/cluster/programs builds. */
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { assetsIn, type ControlPlaneAssets } from './control-plane-assets.ts';
import { findPrograms, lookForPrograms } from './find-programs.ts';
import { controlPlanePrograms } from './program-sets.ts';

/** What there is without building: `buildable` needs some minutes once. */
export type ControlPlaneOutlook =
  | { readonly state: 'ready'; readonly assets: ControlPlaneAssets }
  | { readonly state: 'buildable' }
  | { readonly state: 'unavailable'; readonly reason: string };

/** Looks without building. Throws when KUBEBUILDER_ASSETS names a folder that does not hold the programs. */
export async function lookForControlPlane(env: NodeJS.ProcessEnv): Promise<ControlPlaneOutlook> {
  const given = givenFolder(env);
  if (given !== null) return { state: 'ready', assets: givenAssets(given) };
  const outlook = await lookForPrograms(controlPlanePrograms, env);
  switch (outlook.state) {
    case 'ready':
      return { state: 'ready', assets: assetsIn(outlook.folder) };
    case 'buildable':
      return { state: 'buildable' };
    case 'unavailable':
      return {
        state: 'unavailable',
        reason:
          'neither Go is on the PATH, to build etcd and kube-apiserver, nor does KUBEBUILDER_ASSETS name a folder with them',
      };
  }
}

/** Finds one, builds it if need be and says so line by line. Throws when there is none and none can be built. */
export async function findControlPlane(
  env: NodeJS.ProcessEnv = process.env,
  report?: (line: string) => void,
): Promise<ControlPlaneAssets> {
  const outlook = await lookForControlPlane(env);
  switch (outlook.state) {
    case 'ready':
      return outlook.assets;
    case 'buildable':
      return assetsIn(await findPrograms(controlPlanePrograms, env, report));
    case 'unavailable':
      throw new Error(`there is no control plane: ${outlook.reason}`);
  }
}

function givenFolder(env: NodeJS.ProcessEnv): string | null {
  const given = env['KUBEBUILDER_ASSETS'] ?? '';
  return given === '' ? null : resolve(given);
}

function givenAssets(folder: string): ControlPlaneAssets {
  const missing = controlPlanePrograms.programs.filter((name) => !existsSync(join(folder, name)));
  if (missing.length === 0) return assetsIn(folder);
  throw new Error(`KUBEBUILDER_ASSETS names ${folder}, which has no ${missing.join(', no ')}`);
}

/**
 * Finds a real control plane: what KUBEBUILDER_ASSETS names, a build of test/cluster/control-plane that was kept, or a new
 * build, in that order.
 */
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { isAbsolute, join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { buildControlPlane, sources, sourceFolder } from './build-control-plane.ts';
import { assetsIn, type ControlPlaneAssets, programs } from './control-plane-assets.ts';

/** What there is without building: `buildable` needs some minutes once. */
export type ControlPlaneOutlook =
  | { readonly state: 'ready'; readonly assets: ControlPlaneAssets }
  | { readonly state: 'buildable'; readonly folder: string }
  | { readonly state: 'unavailable'; readonly reason: string };

/** Looks without building. Throws when KUBEBUILDER_ASSETS names a folder that does not hold the programs. */
export async function lookForControlPlane(env: NodeJS.ProcessEnv): Promise<ControlPlaneOutlook> {
  const given = env['KUBEBUILDER_ASSETS'] ?? '';
  if (given !== '') return { state: 'ready', assets: givenAssets(resolve(given)) };
  const cache = cacheFolder(env);
  const digest = await sourceDigest();
  const go = await goVersion(env);
  if (go === null) {
    // Any Go will have built the same programs.
    const kept = (await namesIn(cache)).find((name) => name.startsWith(`control-plane-${digest}-`));
    if (kept !== undefined) return { state: 'ready', assets: assetsIn(join(cache, kept)) };
    return {
      state: 'unavailable',
      reason:
        'neither Go is on the PATH, to build etcd and kube-apiserver, nor does KUBEBUILDER_ASSETS name a folder with them',
    };
  }
  const folder = join(cache, `control-plane-${digest}-${go}`);
  return existsSync(folder) ? { state: 'ready', assets: assetsIn(folder) } : { state: 'buildable', folder };
}

/** Finds one, builds it if need be and says so line by line. Throws when there is none and none can be built. */
export async function findControlPlane(
  env: NodeJS.ProcessEnv = process.env,
  report: (line: string) => void = (line) => void process.stderr.write(`${line}\n`),
): Promise<ControlPlaneAssets> {
  const outlook = await lookForControlPlane(env);
  switch (outlook.state) {
    case 'ready':
      return outlook.assets;
    case 'buildable':
      await buildControlPlane({ folder: outlook.folder, env, report });
      return assetsIn(outlook.folder);
    case 'unavailable':
      throw new Error(`there is no control plane: ${outlook.reason}`);
  }
}

function givenAssets(folder: string): ControlPlaneAssets {
  const missing = programs.filter((name) => !existsSync(join(folder, name)));
  if (missing.length === 0) return assetsIn(folder);
  throw new Error(`KUBEBUILDER_ASSETS names ${folder}, which has no ${missing.join(', no ')}`);
}

function cacheFolder(env: NodeJS.ProcessEnv): string {
  const wished = env['XDG_CACHE_HOME'] ?? '';
  // The specification of XDG says to ignore relative ones.
  return join(isAbsolute(wished) ? wished : join(homedir(), '.cache'), 'farpoint');
}

async function sourceDigest(): Promise<string> {
  const hash = createHash('sha256');
  for (const name of sources) hash.update(await readFile(join(sourceFolder, name))).update('\0');
  return hash.digest('hex').slice(0, 16);
}

/** As `go1.26.8`; null when there is no Go. */
async function goVersion(env: NodeJS.ProcessEnv): Promise<string | null> {
  try {
    // In the module's folder: its go.mod may choose another toolchain.
    return (await promisify(execFile)('go', ['env', 'GOVERSION'], { cwd: sourceFolder, env })).stdout.trim();
  } catch {
    return null;
  }
}

async function namesIn(folder: string): Promise<readonly string[]> {
  try {
    return await readdir(folder);
  } catch {
    return [];
  }
}

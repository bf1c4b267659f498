/** Whether this machine can run a whole cluster, and what is to be done before. */
import { spawnSync } from 'node:child_process';
import { findHelm } from '../../cluster/support/find-helm.ts';
import { findPrograms, lookForPrograms } from '../../cluster/support/find-programs.ts';
import { controlPlanePrograms, nodePrograms, pauseProgram } from '../../cluster/support/program-sets.ts';
import { canInstall, installPackages, missingPackages } from './node-packages.ts';

const sets = [controlPlanePrograms, nodePrograms, pauseProgram];

/** Why it cannot; null: it can. */
export async function whyNoCluster(env: NodeJS.ProcessEnv): Promise<string | null> {
  if (process.platform !== 'linux') return 'a node needs Linux';
  if (process.getuid?.() !== 0) return 'a node needs root';
  const outlooks = await Promise.all(sets.map((set) => lookForPrograms(set, env)));
  if (outlooks.some(({ state }) => state === 'unavailable')) return 'no Go is on the PATH, to build Kubernetes';
  const missing = missingPackages(env);
  if (missing.length > 0 && !canInstall(env)) {
    return `these are not installed, by their names in Debian, and there is no apt-get: ${missing.join(', ')}`;
  }
  return missing.includes('util-linux') ? null : whyNoNamespaces();
}

/** As in a container that has root, but none of its rights. */
function whyNoNamespaces(): string | null {
  const cgroup = `/farpoint-probe-${process.pid}`;
  const script = `mount -t tmpfs tmpfs /run && for top in $(awk '$3 ~ /^cgroup/ { print $2 }' /proc/mounts); do
    mkdir "$top${cgroup}" && rmdir "$top${cgroup}" || exit 1
  done`;
  const { status, stderr } = spawnSync('unshare', ['--net', '--mount', '--pid', '--fork', 'sh', '-c', script], {
    encoding: 'utf8',
  });
  return status === 0 ? null : `this machine gives root no namespaces, mounts or cgroups: ${stderr.trim()}`;
}

/** Installs and builds what is missing, and says so. */
export async function prepareCluster(env: NodeJS.ProcessEnv, print: (line: string) => void): Promise<void> {
  const missing = missingPackages(env);
  if (missing.length > 0) {
    print(`installing packages of Debian that a node needs: ${missing.join(', ')}`);
    await installPackages(missing, env);
    const still = missingPackages(env).join(', ');
    if (still !== '') throw new Error(`programs of ${still} are not on the PATH; /usr/sbin should be`);
  }
  for (const set of sets) await findPrograms(set, env, print);
  await findHelm(env, print);
}

/** The chart in a cluster, with images of these very sources. */
import { chartFolder } from '../../cluster/support/chart.ts';
import type { Cluster } from './connect-cluster.ts';
import { importImages } from './import-images.ts';

/** Where the operator is. */
export const releaseNamespace = 'farpoint-system';
const release = ['farpoint', `--namespace=${releaseNamespace}`] as const;

/** Installs it with these values and no others, or upgrades to them. Resolves when operators are ready, and throws what helm says. */
export async function installChart(cluster: Cluster, values: unknown = {}, chart: string = chartFolder): Promise<void> {
  await importImages(cluster);
  await mustHelm(
    cluster,
    ['upgrade', ...release, chart, '--install', '--create-namespace', ...waiting, '--values=-'],
    values,
  );
}

/** Removes it and its namespace, if they are there; the definitions of the kinds stay. */
export async function uninstallChart(cluster: Cluster): Promise<void> {
  await mustHelm(cluster, ['uninstall', ...release, '--ignore-not-found', ...waiting]);
  const { code, stderr } = await cluster.kubectl(['delete', 'namespace', releaseNamespace, '--ignore-not-found']);
  if (code !== 0) throw new Error(stderr);
}

const waiting = ['--wait', '--timeout=2m'] as const;

async function mustHelm(cluster: Cluster, args: readonly string[], values: unknown = {}): Promise<void> {
  const { code, stdout, stderr } = await cluster.helm(args, { stdin: JSON.stringify(values) });
  if (code === 0) return;
  const { stdout: pods } = await cluster.kubectl(['describe', 'pods', `--namespace=${releaseNamespace}`]);
  throw new Error(`helm ${args.join(' ')}: ${stdout}${stderr}\n${pods}`);
}

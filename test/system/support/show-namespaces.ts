/** What somebody would look at first when a test on a cluster has failed. */
import { onTestFailed } from 'vitest';
import type { Cluster } from './connect-cluster.ts';
import { releaseNamespace } from './install-chart.ts';

const logLines = 25;
const longestText = 12_000;

/** Prints pods, Events and logs of these namespaces and of the operator's if the test fails. */
export function showWhenFailed(cluster: Cluster, namespaces: () => readonly string[]): void {
  onTestFailed(async () => {
    for (const namespace of new Set([...namespaces(), releaseNamespace])) {
      process.stderr.write(`${await describeNamespace(cluster, namespace)}\n`);
    }
  });
}

async function describeNamespace(cluster: Cluster, namespace: string): Promise<string> {
  const show = async (...args: readonly string[]): Promise<string> => {
    const { code, stdout, stderr } = await cluster.kubectl([`--namespace=${namespace}`, ...args]);
    // Few containers have started more than once.
    if (code !== 0 && args.includes('--previous')) return '';
    return `--- ${namespace}: kubectl ${args.join(' ')}\n${(stdout + stderr).slice(-longestText)}`;
  };
  const pods = await cluster.kubectl([`--namespace=${namespace}`, 'get', 'pods', '--output=name']);
  const names = pods.stdout.split('\n').filter((name) => name !== '');
  const parts = [
    show('get', 'deployments,replicasets,jobs,pods,httpendpoints', '--output=wide'),
    show('get', 'events', '--sort-by=.lastTimestamp'),
    ...names.map((name) => show('logs', name, '--all-containers', '--prefix', `--tail=${logLines}`)),
    ...names.map((name) => show('logs', name, '--all-containers', '--prefix', `--tail=${logLines}`, '--previous')),
  ];
  return (await Promise.all(parts)).join('\n');
}

/**
 * `make test` and `make test-cluster`: runs both suites, or one, and prints the sum. The tests on a real API server need
 * etcd and kube-apiserver, whose first build takes longer than any test may: it happens here. Where there can be none, those
 * tests are skipped aloud; with CI=true that is a failure. ONLY=path runs some tests of one suite.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { globSync } from 'node:fs';
import { join } from 'node:path';
import { type Counts, countsLine, readCounts, removeCounts, sumCounts, writeCounts } from '../scripts/counts.ts';
import { findControlPlane, lookForControlPlane } from './cluster/support/find-control-plane.ts';

const vitest = join(import.meta.dirname, '..', 'node_modules', '.bin', 'vitest');
const isClusterOnly = process.argv[2] === 'cluster';
const only = process.env['ONLY'] ?? '';
const isOfCluster = isClusterOnly || only.includes('cluster');

const mainCounts = isOfCluster ? [] : [await runSuite('test-main', 'vitest.config.ts')];
const clusterCounts = isOfCluster || only === '' ? [await runClusterSuite()] : [];
const counts = sumCounts(
  [...mainCounts, ...clusterCounts].map((each) => ({ name: 'test', exitCode: each.failed > 0 ? 1 : 0, counts: each })),
);
writeCounts('test', counts);
print(countsLine(counts));
process.exitCode = counts.failed === 0 ? 0 : 1;

async function runClusterSuite(): Promise<Counts> {
  try {
    const outlook = await lookForControlPlane(process.env);
    if (outlook.state === 'unavailable') return skipCluster(outlook.reason);
    await findControlPlane(process.env, print);
  } catch (error) {
    print(`FAILED: the tests on a real API server: ${error instanceof Error ? error.message : String(error)}`);
    return { passed: 0, failed: 1, skipped: 0 };
  }
  return runSuite('test-cluster', 'vitest.cluster.config.ts');
}

/** Nobody may take a run without them for a whole one. */
function skipCluster(reason: string): Counts {
  const files = globSync('cluster/**/*.test.ts', { cwd: import.meta.dirname }).length;
  const isRequired = process.env['CI'] === 'true';
  print(`\n${isRequired ? 'FAILED' : 'SKIPPED'}: ${files} files of tests on a real API server: ${reason}.\n`);
  return { passed: 0, failed: isRequired ? 1 : 0, skipped: files };
}

async function runSuite(name: string, config: string): Promise<Counts> {
  removeCounts(name);
  const filter = only === '' ? [] : only.split(' ');
  const child = spawn(process.execPath, [vitest, 'run', '--config', join(import.meta.dirname, config), ...filter], {
    stdio: 'inherit',
  });
  const pass = (signal: NodeJS.Signals): void => void child.kill(signal);
  process.on('SIGTERM', pass).on('SIGINT', pass);
  const [code] = (await once(child, 'exit')) as [number | null];
  process.off('SIGTERM', pass).off('SIGINT', pass);
  return sumCounts([{ name, exitCode: code ?? 1, counts: readCounts(name) }]);
}

function print(line: string): void {
  process.stderr.write(`${line}\n`);
}

/**
 * `make test` and `make test-cluster`: runs both suites, or the second alone, and prints the sum. ONLY=path runs some tests
 * of one suite.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { type Counts, countsLine, readCounts, removeCounts, sumCounts, writeCounts } from '../scripts/counts.ts';
import { runClusterSuite } from './cluster/support/run-cluster-suite.ts';

const vitest = join(import.meta.dirname, '..', 'node_modules', '.bin', 'vitest');
const only = process.env['ONLY'] ?? '';
const isClusterAskedFor = process.argv[2] === 'cluster' || only.startsWith('cluster') || only.includes('/cluster/');

const counts: Counts[] = [];
if (!isClusterAskedFor) counts.push(await runSuite('test-main', 'vitest.config.ts'));
if (isClusterAskedFor || only === '') {
  counts.push(
    await runClusterSuite({
      env: process.env,
      isAskedFor: isClusterAskedFor,
      print: (line) => void process.stderr.write(`${line}\n`),
      run: () => runSuite('test-cluster', 'vitest.cluster.config.ts'),
    }),
  );
}
const sum = counts.reduce((one, other) => ({
  passed: one.passed + other.passed,
  failed: one.failed + other.failed,
  skipped: one.skipped + other.skipped,
}));
writeCounts('test', sum);
process.stdout.write(`${countsLine(sum)}\n`);
process.exitCode = sum.failed === 0 ? 0 : 1;

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

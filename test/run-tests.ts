/**
 * `make test`, `make test-cluster` and `make test-system`: runs all suites, or those that were asked for, and prints the sum.
 * ONLY=path runs some tests of one suite.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { type Counts, countsLine, readCounts, removeCounts, sumCounts, writeCounts } from '../scripts/counts.ts';
import { runClusterSuite } from './cluster/support/run-cluster-suite.ts';
import { chooseSuites, type Suite } from './support/choose-suites.ts';
import { runInNamespace } from './system/support/run-in-namespace.ts';
import { runSystemSuite } from './system/support/run-system-suite.ts';

const vitest = join(import.meta.dirname, '..', 'node_modules', '.bin', 'vitest');
const only = process.env['ONLY'] ?? '';
const { suites, isAskedFor } = chooseSuites(process.argv[2] ?? '', only);
const options = {
  env: process.env,
  isAskedFor,
  print: (line: string) => void process.stderr.write(`${line}\n`),
};
const run: Readonly<Record<Suite, () => Promise<Counts>>> = {
  main: () => runSuite('test-main', 'vitest.config.ts', runCommand),
  cluster: () =>
    runClusterSuite({ ...options, run: () => runSuite('test-cluster', 'vitest.cluster.config.ts', runCommand) }),
  system: () =>
    runSystemSuite({ ...options, run: () => runSuite('test-system', 'vitest.system.config.ts', runInNamespace) }),
};

const counts: Counts[] = [];
for (const suite of suites) counts.push(await run[suite]());
const sum = counts.reduce((one, other) => ({
  passed: one.passed + other.passed,
  failed: one.failed + other.failed,
  skipped: one.skipped + other.skipped,
}));
writeCounts('test', sum);
process.stdout.write(`${countsLine(sum)}\n`);
process.exitCode = sum.failed === 0 ? 0 : 1;

/** Runs a command to its end and resolves with its exit code. */
type RunCommand = (command: readonly [string, ...string[]], env: NodeJS.ProcessEnv) => Promise<number>;

async function runSuite(name: string, config: string, runIt: RunCommand): Promise<Counts> {
  removeCounts(name);
  const filter = only === '' ? [] : only.split(' ');
  const command = [process.execPath, vitest, 'run', '--config', join(import.meta.dirname, config), ...filter] as const;
  return sumCounts([{ name, exitCode: await runIt(command, process.env), counts: readCounts(name) }]);
}

async function runCommand([program, ...args]: readonly [string, ...string[]], env: NodeJS.ProcessEnv): Promise<number> {
  const child = spawn(program, args, { stdio: 'inherit', env });
  const pass = (signal: NodeJS.Signals): void => void child.kill(signal);
  process.on('SIGTERM', pass).on('SIGINT', pass);
  const [code] = (await once(child, 'exit')) as [number | null];
  process.off('SIGTERM', pass).off('SIGINT', pass);
  return code ?? 1;
}

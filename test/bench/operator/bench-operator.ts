/**
 * `make bench-operator`: a real API server, the operator as a process, and light proxies in processes of their own.
 * Prints what it measured beside the bars and writes .run/bench-operator.json. QUICK=1 is small and rough,
 * SIZE=1000x1000 (endpoints x proxies) measures that size alone.
 */
import { mkdir, writeFile } from 'node:fs/promises';
import { cpus, loadavg } from 'node:os';
import { join } from 'node:path';
import { percentile } from '../statistics.ts';
import { measureFirstCalls } from './measure-first-call.ts';
import { type ChangeMeasure, measureSize, type BenchSize, type SizeResult } from './measure-size.ts';

const resultFolder = join(import.meta.dirname, '../../../.run');
const fullSizes: readonly BenchSize[] = [
  { endpoints: 1_000, proxies: 1_000, rounds: 20 },
  { endpoints: 5_000, proxies: 2_000, rounds: 10 },
];
const quickSizes: readonly BenchSize[] = [{ endpoints: 50, proxies: 20, rounds: 5 }];
const firstCallBarMs = 350;
const mebibyte = 1024 * 1024;

async function main(env: NodeJS.ProcessEnv): Promise<void> {
  const isQuick = (env['QUICK'] ?? '') !== '';
  const sizes = isQuick ? quickSizes : sizesFrom(env['SIZE'] ?? '');
  const [loadBefore = 0] = loadavg();
  say('first calls after a write, one proxy');
  const firstCallMs = await measureFirstCalls(isQuick ? 20 : 150);
  say(firstCallText(firstCallMs));
  const results: SizeResult[] = [];
  for (const size of sizes) {
    const result = await measureSize(size, say);
    results.push(result);
    say(reportText(result));
  }
  await mkdir(resultFolder, { recursive: true });
  const machine = { cpu: cpus()[0]?.model ?? 'unknown CPU', cores: cpus().length, loadBefore };
  await writeFile(
    join(resultFolder, 'bench-operator.json'),
    `${JSON.stringify({ machine, firstCallMs, results }, null, 2)}\n`,
  );
}

function sizesFrom(text: string): readonly BenchSize[] {
  const [, endpoints, proxies] = /^(\d+)x(\d+)$/.exec(text) ?? [];
  if (endpoints === undefined || proxies === undefined) return fullSizes;
  return [{ endpoints: Number(endpoints), proxies: Number(proxies), rounds: 20 }];
}

function firstCallText(readings: readonly number[]): string {
  const [p50, p99] = [percentile(readings, 0.5), percentile(readings, 0.99)];
  return `write to the first call that uses it: p50 ${p50.toFixed(0)} ms, p99 ${p99.toFixed(0)} ms, ${readings.length} changes; bar p99 ${firstCallBarMs} ms (250 beyond the hold-off of 100): ${verdict(p99 <= firstCallBarMs)}`;
}

function reportText(result: SizeResult): string {
  const { size, everyProxy, oneProxy, connectMs, workingSetBytes, workingSetHow, failures } = result;
  return [
    '',
    `${size.endpoints} endpoints, ${size.proxies} proxies, ${size.rounds} changes of each kind; all held a table after ${(connectMs / 1_000).toFixed(1)} s`,
    changeLine('concerns every proxy', everyProxy, 1_000),
    changeLine('concerns one proxy', oneProxy, 300),
    `operator's working set ${(workingSetBytes / mebibyte).toFixed(0)} MiB (${workingSetHow}); bar 250 MB: ${verdict(workingSetBytes <= 250_000_000)}`,
    ...failures.slice(0, 5),
    '',
  ].join('\n');
}

function changeLine(what: string, change: ChangeMeasure, barMs: number): string {
  return [
    `${what.padEnd(22)} write to ack p50 ${change.p50Ms.toFixed(0)} ms, p99 ${change.p99Ms.toFixed(0)} ms`,
    `to all acks p50 ${change.allP50Ms.toFixed(0)} ms, p99 ${change.allP99Ms.toFixed(0)} ms`,
    `bar p99 ${barMs} ms: ${verdict(change.allP99Ms <= barMs)}`,
    `${change.bytesPerProxy} bytes a proxy, ${change.operatorCpuMs.toFixed(1)} ms of the operator's processor`,
  ].join('; ');
}

function verdict(isMet: boolean): string {
  return isMet ? 'met' : 'MISSED';
}

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}

// An exit, unlike a signal's own end, runs what ends the servers.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(130));
await main(process.env);

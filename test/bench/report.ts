/** Pure: the result of a run as a table for people. */
import { bars, type BenchResult, requestsPerSecond } from './result.ts';
import { percentile } from './statistics.ts';

/** All lines of the report. */
export function reportText(result: BenchResult): string {
  return [
    `${result.machine.cpu}, ${result.machine.cores} cores, Node ${result.machine.node}, load by ${result.generator}`,
    ...busyLines(result),
    '',
    ...throughputLines(result),
    '',
    ...steadyLoadLines(result),
    '',
    `start to ready      ${milliseconds(percentile(result.readyMs, 0.5))} median, ${milliseconds(Math.max(...result.readyMs))} at most, ${result.readyMs.length} starts`,
    `change to first use ${milliseconds(percentile(result.changeMs, 0.5))} p50, ${milliseconds(percentile(result.changeMs, 0.99))} p99, ${result.changeMs.length} changes among 1,000 endpoints`,
    '',
    ...bars(result).map((bar) => `${verdict(bar.isMet)}  ${bar.name}: ${bar.found} (wanted ${bar.wish})`),
  ].join('\n');
}

/** A machine that is busy with something else measures that as well. */
function busyLines({ machine }: BenchResult): readonly string[] {
  if (machine.loadBefore < 0.5) return [];
  return [
    `BUSY: the machine had a load of ${machine.loadBefore.toFixed(1)} before the run; take the numbers with care.`,
  ];
}

function throughputLines(result: BenchResult): readonly string[] {
  const nginx = requestsPerSecond(result, 'nginx');
  const rows = result.throughput.map(({ name, roundsPerSecond, cpuMicrosPerRequest }) => {
    const rate = percentile(roundsPerSecond, 0.5);
    const ratio = nginx === null ? '-' : (rate / nginx).toFixed(2);
    const cpu = percentile(cpuMicrosPerRequest, 0.5).toFixed(0);
    return [name, rate.toFixed(0), ratio, cpu, roundsPerSecond.map((round) => round.toFixed(0)).join(' ')];
  });
  return table([['64 connections', 'requests/s', 'of nginx', 'CPU us/request', 'rounds'], ...rows]);
}

function steadyLoadLines(result: BenchResult): readonly string[] {
  const direct = result.steadyLoad.find(({ name }) => name === 'direct');
  const rows = result.steadyLoad.map((load) => [
    load.name,
    load.p50Ms.toFixed(2),
    load.p99Ms.toFixed(2),
    (load.p50Ms - (direct?.p50Ms ?? 0)).toFixed(2),
    (load.p99Ms - (direct?.p99Ms ?? 0)).toFixed(2),
    `${(load.cpuShare * 100).toFixed(1)} %`,
    (load.memory.bytes / 1024 / 1024).toFixed(1),
  ]);
  const heads = ['1,000 requests/s', 'p50 ms', 'p99 ms', 'added p50', 'added p99', 'CPU', 'working set MiB'];
  const how = result.steadyLoad.find(({ name }) => name === 'farpoint')?.memory.how ?? 'not measured';
  return [...table([heads, ...rows]), `(working set: ${how})`];
}

function table(rows: readonly (readonly string[])[]): readonly string[] {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => (row[column] ?? '').length)));
  return rows.map((row) =>
    row
      .map((cell, column) => (column === 0 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0)))
      .join('  ')
      .trimEnd(),
  );
}

function milliseconds(value: number): string {
  return `${value.toFixed(0)} ms`;
}

function verdict(isMet: boolean | null): string {
  if (isMet === null) return 'UNKNOWN';
  return isMet ? 'met    ' : 'MISSED ';
}

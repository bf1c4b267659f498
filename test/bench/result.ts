/** What a run of the bench found, as it is written to .run/bench.json, and the bars it is held against. */
import { median, percentile } from './statistics.ts';
import type { SteadyLoad } from './steady-load.ts';
import type { TargetName } from './targets.ts';

export interface BenchResult {
  readonly machine: {
    readonly cpu: string;
    readonly cores: number;
    readonly node: string;
    /** Of the minute before the run: what else the machine was doing, which no number below is free of. */
    readonly loadBefore: number;
  };
  readonly generator: string;
  /** Each round's requests per second and processor time a request, and how many went wrong over all rounds. */
  readonly throughput: readonly {
    readonly name: TargetName;
    readonly roundsPerSecond: readonly number[];
    readonly cpuMicrosPerRequest: readonly number[];
    readonly failures: number;
  }[];
  readonly steadyLoad: readonly ({ readonly name: TargetName } & SteadyLoad)[];
  readonly readyMs: readonly number[];
  readonly changeMs: readonly number[];
}

export interface Bar {
  readonly name: string;
  readonly wish: string;
  /** Null: not measured, with the reason in `found`. */
  readonly isMet: boolean | null;
  readonly found: string;
}

const mebibyte = 1024 * 1024;

/** The median requests per second of a target, or null when it was not measured. */
export function requestsPerSecond(result: BenchResult, name: TargetName): number | null {
  const entry = result.throughput.find((candidate) => candidate.name === name);
  return entry === undefined ? null : median(entry.roundsPerSecond);
}

/** What is left of one target's requests per second on another, round by round, or null when one was not measured. */
export function medianRatio(result: BenchResult, name: TargetName, of: TargetName): number | null {
  const [rounds, base] = [name, of].map((each) => result.throughput.find((entry) => entry.name === each));
  if (rounds === undefined || base === undefined) return null;
  return median(rounds.roundsPerSecond.map((rate, round) => rate / (base.roundsPerSecond[round] ?? Number.NaN)));
}

/** Holds the result against the bars. */
export function bars(result: BenchResult): readonly Bar[] {
  const nginx = requestsPerSecond(result, 'nginx');
  const farpoint = requestsPerSecond(result, 'farpoint') ?? 0;
  const guarded = medianRatio(result, 'guarded', 'farpoint');
  const workingSet = result.steadyLoad.find(({ name }) => name === 'farpoint')?.memory.bytes ?? Number.NaN;
  const ready = median(result.readyMs);
  const change = percentile(result.changeMs, 0.99);
  const failures = [...result.throughput, ...result.steadyLoad].reduce((sum, entry) => sum + entry.failures, 0);
  return [
    {
      name: 'requests/s at 64 connections, of what nginx does',
      wish: '>= 0.50',
      isMet: nginx === null ? null : farpoint / nginx >= 0.5,
      found: nginx === null ? 'nginx is not installed' : (farpoint / nginx).toFixed(2),
    },
    {
      name: 'the same with a Resiliency and three middleware, of what it is without',
      wish: '>= 0.85',
      isMet: guarded === null ? null : guarded >= 0.85,
      found: guarded === null ? 'not measured' : guarded.toFixed(2),
    },
    {
      name: 'working set at 1,000 requests/s',
      wish: '<= 45 MiB',
      isMet: workingSet <= 45 * mebibyte,
      found: `${(workingSet / mebibyte).toFixed(1)} MiB`,
    },
    { name: 'start to ready, median', wish: '<= 300 ms', isMet: ready <= 300, found: `${ready.toFixed(0)} ms` },
    {
      name: 'change to first call that uses it, p99, 1,000 endpoints',
      wish: '<= 250 ms',
      isMet: change <= 250,
      found: `${change.toFixed(0)} ms`,
    },
    { name: 'calls that failed', wish: '0', isMet: failures === 0, found: String(failures) },
  ];
}

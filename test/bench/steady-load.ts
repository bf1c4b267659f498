/** Latency, CPU and working set of a server at 1,000 requests per second, 1 KB POST, 16 connections. */
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { systemClock } from '#shared/clock/clock.ts';
import type { MeasuredProcess, MemoryReading } from './measured-process.ts';

const run = promisify(execFile);

export interface SteadyLoad {
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly failures: number;
  /** Share of one core that the server used meanwhile; the generator's start-up is part of the time. */
  readonly cpuShare: number;
  readonly memory: MemoryReading;
}

interface GeneratorResult {
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly failures: number;
}

/** Sends the load from another process and reads what the server spent. */
export async function measureSteadyLoad(
  server: MeasuredProcess,
  target: { readonly url: string; readonly seconds: number },
): Promise<SteadyLoad> {
  const cpuBefore = await server.cpuSeconds();
  const startMs = systemClock.monotonicMs();
  const script = join(import.meta.dirname, 'constant-rate-main.ts');
  const { stdout } = await run(process.execPath, [script, JSON.stringify(target)]);
  const seconds = (systemClock.monotonicMs() - startMs) / 1_000;
  const cpuShare = ((await server.cpuSeconds()) - cpuBefore) / seconds;
  const { p50Ms, p99Ms, failures } = JSON.parse(stdout) as GeneratorResult;
  return { p50Ms, p99Ms, failures, cpuShare, memory: await server.workingSet() };
}

/**
 * `make bench`: Farpoint beside nginx and the bare upstream, in one run on this machine. Prints a table and writes
 * .run/bench.json. A missed bar is printed, not an error. QUICK=1 makes it shorter and rougher.
 */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { availableParallelism, cpus, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { measureChangeTimes } from './change-time.ts';
import { hasBundle } from './farpoint.ts';
import { hasNginx } from './nginx.ts';
import { measureReadyTimes } from './ready-time.ts';
import { reportText } from './report.ts';
import type { BenchResult } from './result.ts';
import { measureSteadyLoad } from './steady-load.ts';
import { startTargets, type Target } from './targets.ts';
import { chooseGenerator, type LoadGenerator } from './throughput.ts';

const resultFolder = join(import.meta.dirname, '..', '..', '.run');

interface Plan {
  readonly rounds: number;
  readonly roundSeconds: number;
  readonly steadySeconds: number;
  readonly starts: number;
  readonly changes: number;
}

const fullPlan: Plan = { rounds: 3, roundSeconds: 6, steadySeconds: 20, starts: 11, changes: 150 };
const quickPlan: Plan = { rounds: 1, roundSeconds: 3, steadySeconds: 5, starts: 5, changes: 100 };

async function main(env: NodeJS.ProcessEnv): Promise<number> {
  if (!(await hasBundle())) {
    say('There is no dist/proxy.js to measure: run make build first.');
    return 1;
  }
  const plan = (env['QUICK'] ?? '') === '' ? fullPlan : quickPlan;
  const folder = await mkdtemp(join(tmpdir(), 'farpoint-bench-'));
  try {
    const result = await measure(plan, folder);
    await mkdir(resultFolder, { recursive: true });
    await writeFile(join(resultFolder, 'bench.json'), `${JSON.stringify(result, null, 2)}\n`);
    say(`\n${reportText(result)}`);
    return 0;
  } finally {
    await rm(folder, { recursive: true });
  }
}

async function measure(plan: Plan, folder: string): Promise<BenchResult> {
  const [loadBefore = 0] = loadavg();
  const withNginx = await hasNginx();
  if (!withNginx) say('nginx is not installed: the upstream is a Node server and there is nothing to compare with.');
  const generator = await chooseGenerator();
  const targets = await startTargets({ folder, withNginx });
  let loads: Pick<BenchResult, 'throughput' | 'steadyLoad'>;
  try {
    // Steady load first: the working set is that of a proxy that was never pushed to its limit, as most are.
    const steadyLoad: BenchResult['steadyLoad'][number][] = [];
    for (const { name, url, server } of targets.all) {
      say(`steady load: ${name}`);
      steadyLoad.push({ name, ...(await measureSteadyLoad(server, { url, seconds: plan.steadySeconds })) });
    }
    loads = { steadyLoad, throughput: await measureThroughput(plan, targets.all, generator) };
  } finally {
    await targets.end();
  }
  say('starts');
  const readyMs = await measureReadyTimes({ resourcesPath: targets.resourcesPath, starts: plan.starts });
  say('changes');
  const changeMs = await measureChangeTimes({ folder, endpoints: 1_000, changes: plan.changes });
  const machine = {
    cpu: cpus()[0]?.model.trim() ?? 'unknown CPU',
    cores: availableParallelism(),
    node: process.versions.node,
    loadBefore,
  };
  return { machine, generator: generator.name, ...loads, readyMs, changeMs };
}

/** Round by round over all targets, so that a busy moment of the machine does not hit one of them alone. */
async function measureThroughput(
  plan: Plan,
  targets: readonly Target[],
  generator: LoadGenerator,
): Promise<BenchResult['throughput']> {
  const entries = targets.map((target) => ({
    target,
    roundsPerSecond: [] as number[],
    cpuMicrosPerRequest: [] as number[],
    failures: 0,
  }));
  for (const { url } of targets) await generator.measure({ url, seconds: 2 });
  for (let round = 1; round <= plan.rounds; round += 1) {
    for (const entry of entries) {
      const { name, url, server } = entry.target;
      say(`requests/s, round ${round}: ${name}`);
      const cpuBefore = await server.cpuSeconds();
      const { requestsPerSecond, failures } = await generator.measure({ url, seconds: plan.roundSeconds });
      const cpuSeconds = (await server.cpuSeconds()) - cpuBefore;
      entry.roundsPerSecond.push(requestsPerSecond);
      entry.cpuMicrosPerRequest.push((cpuSeconds * 1_000_000) / (requestsPerSecond * plan.roundSeconds));
      entry.failures += failures;
    }
  }
  return entries.map(({ target, ...measured }) => ({ name: target.name, ...measured }));
}

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}

// An exit, unlike a signal's own end, runs what ends the servers.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(130));
process.exitCode = await main(process.env);

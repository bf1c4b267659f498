/** A server under measurement: its own process, in a memory cgroup when one can be made, ended by its own pid. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readFile, rmdir, writeFile } from 'node:fs/promises';
import { systemClock } from '#shared/clock/clock.ts';

export interface MemoryReading {
  readonly bytes: number;
  /** How it was read, for the report. */
  readonly how: string;
}

interface MemoryCgroup {
  readonly path: string;
  readonly usageFile: string;
  readonly inactiveKey: string;
  readonly how: string;
}

/** The kernel counts CPU time in these, on every Linux that Node runs on. */
const ticksPerSecond = 100;
const endTimeoutMs = 5_000;

/** One server process and its children. */
export class MeasuredProcess {
  readonly #child: ChildProcess;
  readonly #cgroup: MemoryCgroup | null;
  readonly #output: string[];
  readonly #exited: Promise<unknown>;
  readonly #endWithUs: () => void;

  private constructor(child: ChildProcess, cgroup: MemoryCgroup | null) {
    this.#child = child;
    this.#cgroup = cgroup;
    this.#output = [];
    this.#exited = once(child, 'exit');
    // SIGTERM, since nginx's master takes its worker along only when it is asked to end.
    this.#endWithUs = () => void child.kill('SIGTERM');
    process.once('exit', this.#endWithUs);
    for (const stream of [child.stdout, child.stderr]) {
      stream?.setEncoding('utf8').on('data', (text: string) => {
        this.#output.push(text);
        if (this.#output.length > 100) this.#output.shift();
      });
    }
  }

  /** Starts a command. The shell joins the cgroup and becomes the command, so that every page is counted. */
  static async start(command: readonly string[]): Promise<MeasuredProcess> {
    const cgroup = await makeCgroup();
    const join = cgroup === null ? '' : `echo $$ > ${cgroup.path}/cgroup.procs && `;
    const child = spawn('sh', ['-c', `${join}exec "$@"`, 'sh', ...command], { stdio: ['ignore', 'pipe', 'pipe'] });
    return new MeasuredProcess(child, cgroup);
  }

  /** What it printed, for the message when it does not start. */
  get output(): string {
    return this.#output.join('');
  }

  get hasExited(): boolean {
    return this.#child.exitCode !== null || this.#child.signalCode !== null;
  }

  /** User and system time of the process and its children so far. */
  async cpuSeconds(): Promise<number> {
    let ticks = 0;
    for (const pid of await this.#pids()) {
      const stat = await readFile(`/proc/${pid}/stat`, 'utf8');
      // The name is in brackets and may hold spaces; utime and stime are the 12th and 13th words after it.
      const words = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
      ticks += Number(words[11]) + Number(words[12]);
    }
    return ticks / ticksPerSecond;
  }

  /** As cAdvisor and `kubectl top` compute it: the cgroup's usage without inactive file pages; else the Pss. */
  async workingSet(): Promise<MemoryReading> {
    const cgroup = this.#cgroup;
    if (cgroup === null) return { bytes: await this.#pssBytes(), how: 'Pss: no memory cgroup could be made' };
    const usage = Number(await readFile(cgroup.usageFile, 'utf8'));
    const stat = await readFile(`${cgroup.path}/memory.stat`, 'utf8');
    const inactive = Number(new RegExp(`^${cgroup.inactiveKey} (\\d+)$`, 'm').exec(stat)?.[1] ?? 0);
    return { bytes: usage - inactive, how: cgroup.how };
  }

  /** Ends it and everything it started. */
  async end(): Promise<void> {
    if (!this.hasExited) this.#child.kill('SIGTERM');
    const timer = systemClock.after(endTimeoutMs, () => this.#child.kill('SIGKILL'));
    await this.#exited;
    timer.cancel();
    process.off('exit', this.#endWithUs);
    if (this.#cgroup !== null) await rmdir(this.#cgroup.path).catch(() => undefined);
  }

  /** What nobody else can share: written pages of the process and its children. */
  privateBytes(): Promise<number> {
    return this.#smapsBytes('Private_Dirty');
  }

  #pssBytes(): Promise<number> {
    return this.#smapsBytes('Pss');
  }

  async #smapsBytes(field: string): Promise<number> {
    let kilobytes = 0;
    for (const pid of await this.#pids()) {
      const rollup = await readFile(`/proc/${pid}/smaps_rollup`, 'utf8');
      kilobytes += Number(new RegExp(`^${field}: +(\\d+) kB$`, 'm').exec(rollup)?.[1] ?? 0);
    }
    return kilobytes * 1024;
  }

  async #pids(): Promise<readonly number[]> {
    const { pid } = this.#child;
    if (pid === undefined) return [];
    const children = await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8').catch(() => '');
    return [pid, ...children.split(' ').filter(Boolean).map(Number)];
  }
}

/** A fresh memory cgroup, version 2 or 1; `null` where this process may not make one. */
async function makeCgroup(): Promise<MemoryCgroup | null> {
  const name = `farpoint-bench-${process.pid}-${Math.trunc(systemClock.monotonicMs() * 1_000)}`;
  const candidates: readonly MemoryCgroup[] = [
    {
      path: `/sys/fs/cgroup/${name}`,
      usageFile: `/sys/fs/cgroup/${name}/memory.current`,
      inactiveKey: 'inactive_file',
      how: 'cgroup v2, memory.current without inactive_file',
    },
    {
      path: `/sys/fs/cgroup/memory/${name}`,
      usageFile: `/sys/fs/cgroup/memory/${name}/memory.usage_in_bytes`,
      inactiveKey: 'total_inactive_file',
      how: 'cgroup v1, memory.usage_in_bytes without total_inactive_file',
    },
  ];
  for (const cgroup of candidates) {
    try {
      await mkdir(cgroup.path);
      await readFile(cgroup.usageFile, 'utf8');
      await writeFile(`${cgroup.path}/cgroup.procs`, '');
      return cgroup;
    } catch {
      await rmdir(cgroup.path).catch(() => undefined);
    }
  }
  return null;
}

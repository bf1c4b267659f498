/**
 * Child processes that never outlive this one: a reaper (ten lines of sh) holds the other end of a pipe and ends them when
 * it closes, which happens however this process ends.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { open, readFile } from 'node:fs/promises';
import { join } from 'node:path';

export interface ChildOptions {
  /** Shown in messages. */
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly env?: NodeJS.ProcessEnv;
  /** Where its output goes. */
  readonly logFile: string;
}

/** One child that runs, or ran. */
export interface RunningChild {
  readonly pid: number;
  /** Resolves with the exit code or the signal when it is over. */
  readonly ended: Promise<string>;
  hasEnded(): boolean;
  signal(signal: NodeJS.Signals): void;
  /** Resolves when it is over: asked with SIGTERM and given `graceMs`, 0 to end it at once. */
  end(graceMs: number): Promise<void>;
  /** The last lines of its output. */
  logTail(): Promise<string>;
}

/** Starts children and the reaper that outlives this process to end them. */
export class ChildProcesses {
  readonly #reaper: ChildProcess;
  readonly #children = new Set<RunningChild>();

  private constructor(reaper: ChildProcess) {
    this.#reaper = reaper;
  }

  /** The reaper removes `folder` at the end; `''`: nothing to remove. */
  static start(folder: string): ChildProcesses {
    const script = join(import.meta.dirname, 'reaper.sh');
    // A session of its own: Ctrl-C at a terminal is not for the children, we end them in order.
    const reaper = spawn('sh', [script, folder], { stdio: ['pipe', 'ignore', 'ignore'], detached: true });
    reaper.stdin?.on('error', () => undefined);
    reaper.unref();
    return new ChildProcesses(reaper);
  }

  /** Starts one child. */
  async start(options: ChildOptions): Promise<RunningChild> {
    const log = await open(options.logFile, 'a', 0o600);
    const child = spawn(options.command, options.args, {
      stdio: ['ignore', log.fd, log.fd],
      env: options.env ?? process.env,
      detached: true,
    });
    const { pid } = child;
    // Before anything is awaited: from here on it has to end with us.
    if (pid !== undefined) this.#reaper.stdin?.write(`+${pid}\n`);
    try {
      // Rejects when there is no such program.
      await once(child, 'spawn');
    } finally {
      await log.close();
    }
    if (pid === undefined) throw new Error(`${options.name} did not start`);
    const ended = endOf(child, options.name);
    const hasEnded = (): boolean => child.exitCode !== null || child.signalCode !== null;
    const running: RunningChild = {
      pid,
      ended,
      hasEnded,
      signal: (signal) => void child.kill(signal),
      async end(graceMs) {
        if (hasEnded()) return;
        child.kill(graceMs > 0 ? 'SIGTERM' : 'SIGKILL');
        const timer = setTimeout(() => child.kill('SIGKILL'), graceMs);
        await ended;
        clearTimeout(timer);
      },
      logTail: async () => (await readFile(options.logFile, 'utf8')).trimEnd().split('\n').slice(-20).join('\n'),
    };
    this.#children.add(running);
    void ended.then(() => {
      this.#children.delete(running);
      this.#reaper.stdin?.write(`-${pid}\n`);
    });
    return running;
  }

  /** Ends every child at once, and the reaper, which removes the folder. */
  async close(): Promise<void> {
    await Promise.all([...this.#children].map((child) => child.end(0)));
    if (this.#reaper.exitCode !== null || this.#reaper.signalCode !== null) return;
    this.#reaper.ref();
    const over = once(this.#reaper, 'exit');
    this.#reaper.stdin?.end();
    await over;
  }
}

async function endOf(child: ChildProcess, name: string): Promise<string> {
  // It may have ended while the log was closed.
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
  return `${name} ended with ${String(child.exitCode ?? child.signalCode)}`;
}

/** The proxy as a child process, through the command line as a user would start it. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Clock } from '#shared/clock/clock.ts';
import { sendRequest } from './send-request.ts';

export interface ProxyProcessOptions {
  /** The script and its arguments. */
  readonly command: readonly string[];
  readonly port: number;
  readonly clock: Clock;
  /** Receives what the proxy prints. */
  readonly print: (text: string) => void;
}

/** A started proxy. */
export class ProxyProcess {
  readonly #child: ChildProcess;
  readonly #options: ProxyProcessOptions;
  /** Resolves with a sentence when the process is over, whoever ended it. */
  readonly ended: Promise<string>;

  private constructor(child: ChildProcess, options: ProxyProcessOptions) {
    this.#child = child;
    this.#options = options;
    this.ended = once(child, 'exit').then(([code, signal]) => `the proxy ended with ${String(code ?? signal)}`);
  }

  /** Starts it in a process group of its own, so that Ctrl-C reaches us alone and the order of ending is ours. */
  static start(options: ProxyProcessOptions): ProxyProcess {
    const child = spawn(process.execPath, options.command, { stdio: ['ignore', 'pipe', 'pipe'], detached: true });
    child.stdout.setEncoding('utf8').on('data', options.print);
    child.stderr.setEncoding('utf8').on('data', options.print);
    return new ProxyProcess(child, options);
  }

  /** Resolves when `/v1.0/healthz` says so; rejects when the process ends before or takes too long. */
  async ready(timeoutMs: number): Promise<void> {
    const { clock, port } = this.#options;
    const waiting = new AbortController();
    const early = this.ended.then((how) => {
      waiting.abort();
      throw new Error(`${how} before it was ready`);
    });
    const deadline = clock.monotonicMs() + timeoutMs;
    const healthy = (async () => {
      while (!(await isHealthy(port))) {
        if (waiting.signal.aborted) return;
        if (clock.monotonicMs() > deadline) throw new Error(`the proxy was not ready after ${timeoutMs} ms`);
        await clock.sleep(50, waiting.signal);
      }
    })();
    await Promise.race([healthy, early]);
    early.catch(() => undefined);
  }

  /** Ends it: gracefully, then without mercy. */
  async end(timeoutMs: number): Promise<void> {
    this.#child.kill('SIGTERM');
    const timer = this.#options.clock.after(timeoutMs, () => this.kill());
    await this.ended;
    timer.cancel();
  }

  /** Ends it at once; for the way out when nothing can be awaited any more. */
  kill(): void {
    if (this.#child.exitCode === null && this.#child.signalCode === null) this.#child.kill('SIGKILL');
  }
}

async function isHealthy(port: number): Promise<boolean> {
  return sendRequest({ port, path: '/v1.0/healthz', timeoutMs: 2_000 }).then(
    ({ status }) => status === 204,
    () => false,
  );
}

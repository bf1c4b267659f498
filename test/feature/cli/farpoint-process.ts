/** Runs the real command line in a process of its own, on the Node that runs the tests. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { onTestFinished } from 'vitest';
import { nodeFlagsOf } from '../../support/node-flags-of.ts';

const root = path.join(import.meta.dirname, '../../..');
const main = path.join(root, 'cli/main.ts');
/** Compiling the sources anew takes most of the time of a test that spawns. */
const compileCache = path.join(root, '.run/compile-cache');

export interface EndedProcess {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface ProcessOptions {
  readonly env?: Record<string, string>;
  /** Absent: the command line of the sources. */
  readonly program?: string;
  /** Number of user and group; only root may choose. */
  readonly user?: number;
}

type LogLine = Readonly<Record<string, unknown>>;

/** A process of the command line: what it wrote, and how it ended. */
export class FarpointProcess {
  readonly child: ChildProcess;
  readonly ended: Promise<EndedProcess>;
  #stdout = '';
  #stderr = '';

  constructor(argv: readonly string[], options: ProcessOptions = {}) {
    const program = options.program ?? main;
    this.child = spawn(process.execPath, [...nodeFlagsOf(program), program, ...argv], {
      stdio: ['ignore', 'pipe', 'pipe'],
      // Nothing of the machine's environment: APP_ID or a proxy of its own would change what is tested.
      env: { PATH: process.env['PATH'], NODE_COMPILE_CACHE: compileCache, ...options.env },
      ...(options.user === undefined ? {} : { uid: options.user, gid: options.user }),
    });
    this.child.stdout?.setEncoding('utf8').on('data', (text: string) => (this.#stdout += text));
    this.child.stderr?.setEncoding('utf8').on('data', (text: string) => (this.#stderr += text));
    this.ended = once(this.child, 'close').then(([code]: unknown[]) => ({
      code: typeof code === 'number' ? code : null,
      stdout: this.#stdout,
      stderr: this.#stderr,
    }));
    onTestFinished(async () => {
      this.child.kill('SIGKILL');
      await this.ended;
    });
  }

  get stderr(): string {
    return this.#stderr;
  }

  /** The log so far, which `--log-as-json` makes readable. */
  get log(): readonly LogLine[] {
    const lines = this.#stdout.split('\n').slice(0, -1);
    return lines.map((line) => JSON.parse(line) as LogLine);
  }

  /** Resolves with the first log line of that message. Rejects when the process ends without it. */
  async logged(message: string): Promise<LogLine> {
    return this.#once(() => this.log.find(({ msg }) => msg === message), `the log line "${message}"`);
  }

  /** Resolves when standard error holds the text. */
  async wroteError(text: string): Promise<void> {
    await this.#once(() => (this.#stderr.includes(text) ? text : undefined), `"${text}" on standard error`);
  }

  #once<Found>(find: () => Found | undefined, what: string): Promise<Found> {
    return new Promise((resolve, reject) => {
      const look = (): void => {
        const found = find();
        if (found !== undefined) resolve(found);
      };
      look();
      this.child.stdout?.on('data', look);
      this.child.stderr?.on('data', look);
      void this.ended.then(({ code, stderr }) => reject(new Error(`ended with ${code} before ${what}: ${stderr}`)));
    });
  }
}

/** Starts `farpoint proxy` on free ports and resolves when it listens. */
export async function startProxyProcess(
  argv: readonly string[] = [],
  options: ProcessOptions = {},
): Promise<{ farpoint: FarpointProcess; url: string }> {
  const ports = ['--app-id=caller', '--dapr-http-port=0', '--metrics-port=0', '--metrics-listen-address=127.0.0.1'];
  const command = options.program === undefined ? ['proxy'] : [];
  const farpoint = new FarpointProcess([...command, ...ports, '--log-as-json', ...argv], options);
  const { port } = await farpoint.logged('proxy listens');
  return { farpoint, url: `http://127.0.0.1:${String(port)}` };
}

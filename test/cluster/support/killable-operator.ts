/** An operator as a process of its own that can be killed, stopped for a while, and started again at the same port. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { ask } from '../../support/ask.ts';
import { parseExposition, type Family } from '../../support/exposition.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import { ChildProcesses } from './child-processes.ts';
import { startOperatorProcess, type OperatorProcess } from './farpoint-process.ts';
import { freePort } from './free-port.ts';

export interface KillableOperatorOptions {
  readonly kubeconfigPath: string;
  /** The operator's own, and the only one that it watches. */
  readonly namespace: string;
  readonly args?: readonly string[];
}

export interface OperatorLogLine {
  readonly msg: string;
  readonly kind?: string;
  readonly reason?: string;
}

export interface KillableOperator {
  /** Of the push channel. */
  readonly port: number;
  hasEnded(): boolean;
  /** Ends it without a warning. */
  kill(): Promise<void>;
  /** Ends it as a rollout does; resolves when it is over. */
  stop(): Promise<void>;
  /** Starts another in its place; does not wait until it is ready. */
  start(): Promise<void>;
  /** Resolves when it serves proxies. */
  ready(): Promise<void>;
  signal(signal: 'SIGSTOP' | 'SIGCONT'): void;
  metrics(): Promise<ReadonlyMap<string, Family>>;
  /** What all of them have logged, down to the last detail. */
  log(): Promise<readonly OperatorLogLine[]>;
}

/** More than it takes to send proxies elsewhere. */
const graceMs = 30_000;

/** Starts it; it ends with the test. Resolves when it serves proxies. */
export async function startKillableOperator(options: KillableOperatorOptions): Promise<KillableOperator> {
  const { kubeconfigPath, namespace, args = [] } = options;
  const logFile = join(await temporaryFolder(), 'operator.log');
  const children = ChildProcesses.start('');
  onTestFinished(() => children.close());
  const port = await freePort();
  const begin = (): Promise<OperatorProcess> =>
    startOperatorProcess({
      children,
      kubeconfigPath,
      namespace,
      port,
      logFile,
      args: [`--watch-namespaces=${namespace}`, '--lease-duration=3s', '--log-as-json', '--log-level=debug', ...args],
    });
  let operator = await begin();
  await operator.ready();
  return {
    port,
    hasEnded: () => operator.child.hasEnded(),
    kill: () => operator.child.end(0),
    stop: () => operator.child.end(graceMs),
    start: async () => {
      operator = await begin();
    },
    ready: () => operator.ready(),
    signal: (signal) => operator.child.signal(signal),
    metrics: async () => parseExposition((await ask(operator.metricsPort, { path: '/metrics' })).body),
    log: async () => {
      const lines = (await readFile(logFile, 'utf8')).split('\n').filter((line) => line.startsWith('{'));
      return lines.map((line) => JSON.parse(line) as OperatorLogLine);
    },
  };
}

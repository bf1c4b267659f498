/** One process that runs a script so that V8 compiles it, and the steps that lead it. */
import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { promisify } from 'node:util';
import { fixedFlags } from './flags.ts';

const longestMs = 120_000;

export interface WarmUp {
  readonly name: 'proxy' | 'operator';
  /** Holds the script; what V8 compiled is written there. */
  readonly folder: string;
  /** The flags of the pod: V8 takes compiled code under the same flags only. */
  readonly nodeFlags: readonly string[];
  readonly steps: readonly WarmUpStep[];
}

export interface WarmUpStep {
  /** Arguments of the command. */
  readonly argv: readonly string[];
  /** Uses what the command started; it goes on running. */
  readonly use: () => Promise<void>;
}

/** Runs the steps one after the other in one process, and writes what V8 compiled. Rejects with what it printed. */
export async function warmUp(options: WarmUp): Promise<void> {
  await runSteps(options);
  const { name, folder, nodeFlags } = options;
  const main = join(import.meta.dirname, 'renumber-main.ts');
  await promisify(execFile)(process.execPath, [...fixedFlags, main, name, folder, ...nodeFlags], { env: {} });
}

async function runSteps({ name, folder, nodeFlags, steps }: WarmUp): Promise<void> {
  const commands = JSON.stringify(steps.map(({ argv }) => argv));
  const main = join(import.meta.dirname, 'warm-up-main.ts');
  const child = spawn(process.execPath, [...fixedFlags, main, name, folder, commands, ...nodeFlags], {
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    env: {},
    timeout: longestMs,
    killSignal: 'SIGKILL',
  });
  const output = Promise.all([child.stdout, child.stderr].flatMap((stream) => (stream === null ? [] : [text(stream)])));
  const exited = once(child, 'exit') as Promise<[number | null]>;
  try {
    for (const { use } of steps) {
      child.send('next');
      await Promise.race([use(), exited]);
      if (hasExited(child)) break;
    }
    if (!hasExited(child)) child.send('write');
    const [code] = await exited;
    if (code !== 0) throw new Error(`it ended with ${String(code)}`);
  } catch (error) {
    child.kill('SIGKILL');
    throw new Error(`the warm-up of ${name} failed; it printed:\n${(await output).join('')}`, { cause: error });
  }
}

function hasExited(child: ChildProcess): boolean {
  return child.exitCode !== null || child.signalCode !== null;
}

/** helm, as a user has it, with folders of its own: whatever else is on the machine changes nothing. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';

export interface HelmResult {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface HelmOptions {
  /** Goes to `--values=-`, for one. */
  readonly stdin?: string;
  /** Path; none: no cluster is asked. */
  readonly kubeconfig?: string;
}

export interface HelmSite {
  readonly program: string;
  /** Holds what helm keeps. */
  readonly folder: string;
}

/** Runs it to its end. Does not reject when helm fails. */
export async function runHelm(
  { program, folder }: HelmSite,
  args: readonly string[],
  { stdin = '', kubeconfig = join(folder, 'none') }: HelmOptions = {},
): Promise<HelmResult> {
  const child = spawn(program, args, {
    env: {
      PATH: process.env['PATH'],
      HOME: folder,
      KUBECONFIG: kubeconfig,
      HELM_CACHE_HOME: join(folder, 'cache'),
      HELM_CONFIG_HOME: join(folder, 'config'),
      HELM_DATA_HOME: join(folder, 'data'),
    },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  child.stdin.on('error', () => undefined);
  child.stdin.end(stdin);
  const over = once(child, 'close') as Promise<[number | null]>;
  const [stdout, stderr, [code]] = await Promise.all([text(child.stdout), text(child.stderr), over]);
  return { code, stdout, stderr };
}

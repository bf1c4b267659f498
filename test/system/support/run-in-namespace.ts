/**
 * Runs a command in network, mount and process namespaces of its own, made ready for a node. When it ends, or this process
 * does, in whatever way, all that runs in them is gone, and so are the cgroups and files of the node.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { nodeAddress } from './node-address.ts';

/** The environment variable by which the command learns the node's folder. */
export const folderVariable = 'FARPOINT_NODE_FOLDER';

const signals = ['SIGTERM', 'SIGINT'] as const;

/** Resolves with the command's exit code when everything is cleared up. Needs root. */
export async function runInNamespace(command: readonly string[], env: NodeJS.ProcessEnv): Promise<number> {
  const folder = await mkdtemp(join(tmpdir(), 'farpoint-node-'));
  const script = (name: string): string => join(import.meta.dirname, name);
  // A session of its own: it must outlive Ctrl-C.
  const end = spawn('sh', [script('namespace-end.sh'), folder, basename(folder)], {
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true,
  });
  end.stdin.on('error', () => undefined);
  const namespaces = ['--net', '--mount', '--pid', '--mount-proc', '--fork', '--kill-child'];
  const child = spawn('unshare', [...namespaces, 'sh', script('namespace-init.sh'), folder, ...command], {
    stdio: 'inherit',
    env: { ...env, [folderVariable]: folder, FARPOINT_NODE_ADDRESS: nodeAddress },
  });
  end.stdin.write(`+${child.pid}\n`);
  const pass = (): void => endFirstProcess(child.pid ?? 0);
  for (const signal of signals) process.on(signal, pass);
  const [code] = (await once(child, 'exit')) as [number | null];
  for (const signal of signals) process.off(signal, pass);
  const over = once(end, 'exit');
  end.stdin.end(`-${child.pid}\n`);
  await over;
  return code ?? 1;
}

/** unshare itself takes no signals; its only child passes SIGTERM on to the command. */
function endFirstProcess(unshare: number): void {
  try {
    const first = Number(readFileSync(`/proc/${unshare}/task/${unshare}/children`, 'utf8'));
    if (first > 0) process.kill(first, 'SIGTERM');
  } catch {
    // It is over.
  }
}

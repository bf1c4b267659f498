/**
 * `make kubernetes`: a whole cluster of one node, with Farpoint's images when they are built, and a shell in it; without a
 * terminal, until SIGTERM. All of it is gone when the shell ends.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, globSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { prepareCluster, whyNoCluster } from './support/prepare-cluster.ts';
import { folderVariable, runInNamespace } from './support/run-in-namespace.ts';
import { type StartedCluster, startCluster } from './support/start-cluster.ts';

const root = join(import.meta.dirname, '..', '..');
const print = (line: string): void => void process.stderr.write(`${line}\n`);

async function main(env: NodeJS.ProcessEnv): Promise<number> {
  if ((env[folderVariable] ?? '') !== '') return inside(env);
  const reason = await whyNoCluster(env);
  if (reason !== null) {
    print(`There can be no cluster here: ${reason}.`);
    return 1;
  }
  await prepareCluster(env, print);
  return runInNamespace([process.execPath, import.meta.filename], env);
}

/** Runs in the namespaces of the node. */
async function inside(env: NodeJS.ProcessEnv): Promise<number> {
  print('Starting Kubernetes.');
  const cluster = await startCluster(env);
  try {
    await importImages(cluster);
    const { kubeconfigPath, kubectlPath, helmPath } = cluster.access;
    const path = [dirname(kubectlPath), dirname(helmPath), env['PATH'] ?? ''].join(':');
    print(`The node is ready. KUBECONFIG=${kubeconfigPath}`);
    await (process.stdin.isTTY ? shell({ ...env, PATH: path, KUBECONFIG: kubeconfigPath }) : untilTold());
    return 0;
  } finally {
    await cluster.stop();
  }
}

async function importImages(cluster: StartedCluster): Promise<void> {
  const archives = globSync(join(root, 'dist', 'images', '*.tar'));
  for (const archive of archives) {
    print(`Importing ${basename(archive)}.`);
    await cluster.importImage(archive);
  }
  if (archives.length === 0) print('It has no images of Farpoint: make images builds them.');
}

async function shell(env: NodeJS.ProcessEnv): Promise<void> {
  print('This shell is on the node: kubectl and helm are on its PATH, and pods and Services at their addresses.');
  const program = existsSync('/bin/bash') ? '/bin/bash' : '/bin/sh';
  // Ctrl-C at a prompt is the shell's.
  process.on('SIGINT', () => undefined);
  await once(spawn(program, { stdio: 'inherit', env }), 'exit');
}

async function untilTold(): Promise<void> {
  await Promise.race([once(process, 'SIGTERM'), once(process, 'SIGINT')]);
}

process.exitCode = await main(process.env);

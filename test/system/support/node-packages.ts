/** What a node needs of the machine besides our own programs: Debian has it all, and root may install it. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { networkPlugins } from './node-files.ts';

/** Each program, and the package of Debian that has it. */
const packages: Readonly<Record<string, string>> = {
  containerd: 'containerd',
  ctr: 'containerd',
  runc: 'runc',
  nft: 'nftables',
  ip: 'iproute2',
  unshare: 'util-linux',
  mount: 'mount',
  // What images are made of: images/base-layer.ts, images/example-layer.ts.
  strip: 'binutils',
  '/usr/bin/curl': 'curl',
  // What docs/kubernetes.md has readers run.
  bash: 'bash',
  openssl: 'openssl',
  [join(networkPlugins, 'ptp')]: 'containernetworking-plugins',
};

/** The packages of which something is missing. */
export function missingPackages(env: NodeJS.ProcessEnv): readonly string[] {
  const missing = Object.entries(packages).filter(([program]) => !isInstalled(program, env));
  return [...new Set(missing.map(([, name]) => name))];
}

/** Whether there is an apt-get to install them with. */
export function canInstall(env: NodeJS.ProcessEnv): boolean {
  return isInstalled('apt-get', env);
}

/** Installs packages and removes none for them, and shows all that apt-get says. Needs root. */
export async function installPackages(names: readonly string[], env: NodeJS.ProcessEnv): Promise<void> {
  await aptGet(['update'], env);
  await aptGet(['install', '--yes', '--no-install-recommends', '--no-remove', ...names], env);
}

async function aptGet(args: readonly string[], env: NodeJS.ProcessEnv): Promise<void> {
  const child = spawn('apt-get', args, {
    stdio: ['ignore', process.stderr, process.stderr],
    env: { ...env, DEBIAN_FRONTEND: 'noninteractive' },
  });
  const [code] = (await once(child, 'close')) as [number | null];
  if (code !== 0) throw new Error(`apt-get ${args.join(' ')} ended with ${String(code)}`);
}

function isInstalled(program: string, { PATH: path = '' }: NodeJS.ProcessEnv): boolean {
  if (program.startsWith('/')) return existsSync(program);
  return path.split(delimiter).some((folder) => folder !== '' && existsSync(join(folder, program)));
}

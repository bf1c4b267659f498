/** Builds etcd, kube-apiserver and kubectl from their published modules: minutes with a cold Go cache, seconds with a warm one. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readFile, rename, rm, symlink } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { programs } from './control-plane-assets.ts';

/** The Go module. */
export const sourceFolder = join(import.meta.dirname, '..', 'control-plane');
/** Its files: what a build depends on, besides Go itself and the flags here. */
export const sources = ['go.mod', 'go.sum', 'main.go'] as const;

export interface BuildOptions {
  /** Where the programs go; appears whole or not at all. */
  readonly folder: string;
  readonly env: NodeJS.ProcessEnv;
  /** Takes lines of progress. */
  readonly report: (line: string) => void;
}

const longestMs = 40 * 60_000;
const reportEveryMs = 15_000;

/** Builds into `folder`. Throws with the end of Go's output when it fails. */
export async function buildControlPlane({ folder, env, report }: BuildOptions): Promise<void> {
  const parent = dirname(folder);
  await mkdir(parent, { recursive: true });
  const workFolder = await mkdtemp(join(parent, `.${basename(folder)}-`));
  try {
    report('building etcd, kube-apiserver and kubectl from their Go modules; this is needed once, and takes minutes');
    await runGo({
      args: [
        'build',
        '-v',
        '-trimpath',
        '-buildvcs=false',
        `-ldflags=${await linkerFlags()}`,
        '-o',
        join(workFolder, 'control-plane'),
        '.',
      ],
      env: { ...env, CGO_ENABLED: '0' },
      report,
    });
    for (const program of programs) await symlink('control-plane', join(workFolder, program));
    await rename(workFolder, folder).catch((error: NodeJS.ErrnoException) => {
      // Somebody else was faster: what they built is as good.
      if (error.code !== 'ENOTEMPTY' && error.code !== 'EEXIST') throw error;
    });
  } finally {
    await rm(workFolder, { recursive: true, force: true });
  }
}

/** kubectl needs to know its version, which `go build` does not tell it. */
async function linkerFlags(): Promise<string> {
  const goMod = await readFile(join(sourceFolder, 'go.mod'), 'utf8');
  const [, version, major, minor] = /k8s\.io\/kubernetes (v(\d+)\.(\d+)\.\S+)/.exec(goMod) ?? [];
  if (version === undefined) throw new Error('go.mod does not require k8s.io/kubernetes');
  const values = { gitVersion: version, gitMajor: major, gitMinor: minor };
  const settings = Object.entries(values).map(([name, value]) => `-X k8s.io/component-base/version.${name}=${value}`);
  return ['-s', '-w', ...settings].join(' ');
}

interface GoRun {
  readonly args: readonly string[];
  readonly env: NodeJS.ProcessEnv;
  readonly report: (line: string) => void;
}

async function runGo({ args, env, report }: GoRun): Promise<void> {
  const startMs = performance.now();
  const elapsed = (): string => `${Math.round((performance.now() - startMs) / 1000)} s`;
  const child = spawn('go', args, { cwd: sourceFolder, env, stdio: ['ignore', 'inherit', 'pipe'], timeout: longestMs });
  const lastLines: string[] = [];
  let lines = 0;
  createInterface({ input: child.stderr }).on('line', (line) => {
    lines += 1;
    lastLines.push(line);
    if (lastLines.length > 30) lastLines.shift();
  });
  const timer = setInterval(() => report(`  ${elapsed()}: ${lines} modules and packages so far`), reportEveryMs);
  const onExit = (): void => void child.kill();
  process.once('exit', onExit);
  try {
    const [code, signal] = (await once(child, 'close')) as [number | null, NodeJS.Signals | null];
    if (code !== 0) throw new Error(`go build ended with ${String(code ?? signal)}:\n${lastLines.join('\n')}`);
    report(`built in ${elapsed()}`);
  } finally {
    clearInterval(timer);
    process.off('exit', onExit);
  }
}

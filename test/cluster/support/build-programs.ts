/** Builds programs from their published modules: minutes with a cold Go cache, seconds with a warm one. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readFile, rename, rm, symlink } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { clusterModule, type ProgramSet } from './program-sets.ts';

export interface BuildOptions {
  readonly set: ProgramSet;
  /** Where the programs go; appears whole or not at all. */
  readonly folder: string;
  readonly env: NodeJS.ProcessEnv;
  /** Takes lines of progress. */
  readonly report: (line: string) => void;
}

const longestMs = 40 * 60_000;
const reportEveryMs = 15_000;

/** Builds into `folder`. Throws with the end of Go's output when it fails. */
export async function buildPrograms({ set, folder, env, report }: BuildOptions): Promise<void> {
  const parent = dirname(folder);
  await mkdir(parent, { recursive: true });
  const workFolder = await mkdtemp(join(parent, `.${basename(folder)}-`));
  try {
    report(`building ${inWords(set.programs)} from Go modules; this is needed once, and can take minutes`);
    const output = join(workFolder, set.name);
    const flags = ['-v', '-trimpath', '-buildvcs=false', `-ldflags=${await linkerFlags(set)}`, '-o', output];
    await runGo({
      args: ['build', ...flags, set.goPackage],
      folder: set.module,
      env: { ...env, CGO_ENABLED: '0' },
      report,
    });
    const otherNames = set.programs.filter((program) => program !== set.name);
    for (const program of otherNames) await symlink(set.name, join(workFolder, program));
    await rename(workFolder, folder).catch((error: NodeJS.ErrnoException) => {
      // Somebody else was faster: what they built is as good.
      if (error.code !== 'ENOTEMPTY' && error.code !== 'EEXIST') throw error;
    });
  } finally {
    await rm(workFolder, { recursive: true, force: true });
  }
}

function inWords(names: readonly string[]): string {
  return names.length === 1 ? names.join('') : `${names.slice(0, -1).join(', ')} and ${names.at(-1) ?? ''}`;
}

/** kubectl and helm need to know their version and that of Kubernetes, which `go build` does not tell them. */
async function linkerFlags({ module }: ProgramSet): Promise<string> {
  if (module !== clusterModule) return '-s -w';
  const goMod = await readFile(join(module, 'go.mod'), 'utf8');
  const [kubernetes, major, minor] = versionOf(goMod, 'k8s.io/kubernetes');
  const [helm] = versionOf(goMod, 'helm.sh/helm/v3');
  const values = {
    'k8s.io/component-base/version.gitVersion': kubernetes,
    'k8s.io/component-base/version.gitMajor': major,
    'k8s.io/component-base/version.gitMinor': minor,
    'helm.sh/helm/v3/internal/version.version': helm,
    'helm.sh/helm/v3/pkg/chartutil.k8sVersionMajor': major,
    'helm.sh/helm/v3/pkg/chartutil.k8sVersionMinor': minor,
    'helm.sh/helm/v3/pkg/lint/rules.k8sVersionMajor': major,
    'helm.sh/helm/v3/pkg/lint/rules.k8sVersionMinor': minor,
  };
  return ['-s', '-w', ...Object.entries(values).map(([name, value]) => `-X ${name}=${value}`)].join(' ');
}

function versionOf(goMod: string, path: string): readonly [whole: string, major: string, minor: string] {
  const found = goMod.split('\n').find((line) => line.startsWith(`\t${path} v`));
  const [, whole, major, minor] = /^(v(\d+)\.(\d+)\.\S+)/.exec(found?.slice(path.length + 2) ?? '') ?? [];
  if (whole === undefined || major === undefined || minor === undefined) throw new Error(`go.mod requires no ${path}`);
  return [whole, major, minor];
}

interface GoRun {
  readonly args: readonly string[];
  readonly folder: string;
  readonly env: NodeJS.ProcessEnv;
  readonly report: (line: string) => void;
}

async function runGo({ args, folder, env, report }: GoRun): Promise<void> {
  const startMs = performance.now();
  const elapsed = (): string => `${Math.round((performance.now() - startMs) / 1000)} s`;
  const child = spawn('go', args, { cwd: folder, env, stdio: ['ignore', 'inherit', 'pipe'], timeout: longestMs });
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

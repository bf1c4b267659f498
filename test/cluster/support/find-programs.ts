/** Finds programs of a cluster: a build of test/cluster/programs that was kept, or a new one. */
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { isAbsolute, join } from 'node:path';
import { promisify } from 'node:util';
import { buildPrograms } from './build-programs.ts';
import type { ProgramSet } from './program-sets.ts';

/** What there is without building: `buildable` needs some minutes once. */
export type ProgramsOutlook =
  | { readonly state: 'ready' | 'buildable'; readonly folder: string }
  | { readonly state: 'unavailable' };

/** Looks without building. `unavailable` is for want of Go. */
export async function lookForPrograms(set: ProgramSet, env: NodeJS.ProcessEnv): Promise<ProgramsOutlook> {
  const cache = cacheFolder(env);
  const digest = await sourceDigest(set);
  const go = await goVersion(set, env);
  if (go === null) {
    // Any Go will have built the same programs.
    const kept = (await namesIn(cache)).find((name) => name.startsWith(`${set.name}-${digest}-`));
    return kept === undefined ? { state: 'unavailable' } : { state: 'ready', folder: join(cache, kept) };
  }
  const folder = join(cache, `${set.name}-${digest}-${go}`);
  return { state: existsSync(folder) ? 'ready' : 'buildable', folder };
}

/** Finds them, builds them if need be and says so line by line. Resolves with their folder; throws when there is no Go. */
export async function findPrograms(
  set: ProgramSet,
  env: NodeJS.ProcessEnv = process.env,
  report: (line: string) => void = (line) => void process.stderr.write(`${line}\n`),
): Promise<string> {
  const outlook = await lookForPrograms(set, env);
  if (outlook.state === 'unavailable') {
    throw new Error(`there is no ${set.programs.join(', no ')}, and no Go on the PATH to build it`);
  }
  if (outlook.state === 'buildable') await buildPrograms({ set, folder: outlook.folder, env, report });
  return outlook.folder;
}

function cacheFolder(env: NodeJS.ProcessEnv): string {
  const wished = env['XDG_CACHE_HOME'] ?? '';
  // The specification of XDG says to ignore relative ones.
  return join(isAbsolute(wished) ? wished : join(homedir(), '.cache'), 'farpoint');
}

async function sourceDigest({ module, sources }: ProgramSet): Promise<string> {
  const hash = createHash('sha256');
  for (const name of ['go.mod', 'go.sum', ...sources]) {
    hash.update(await readFile(join(module, name))).update('\0');
  }
  return hash.digest('hex').slice(0, 16);
}

/** As `go1.26.8`; null when there is no Go. */
async function goVersion({ module }: ProgramSet, env: NodeJS.ProcessEnv): Promise<string | null> {
  try {
    // In the module's folder: its go.mod may choose another toolchain.
    return (await promisify(execFile)('go', ['env', 'GOVERSION'], { cwd: module, env })).stdout.trim();
  } catch {
    return null;
  }
}

async function namesIn(folder: string): Promise<readonly string[]> {
  try {
    return await readdir(folder);
  } catch {
    return [];
  }
}

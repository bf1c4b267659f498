/** Writes what V8 compiles of a script, the same bytes for the same script. */
import { createHash } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { scriptFiles } from '../programs/compiled-script.ts';
import { operatorSteps } from './operator-steps.ts';
import { proxySteps } from './proxy-steps.ts';
import { warmUp, type WarmUp } from './warm-up.ts';

/** On a busy machine a function may be run that mostly is not. So the warm-up is repeated until the same comes out twice. */
const mostAttempts = 12;

/** Writes it into the folder that holds the script. Rejects when every attempt comes out different. */
export async function writeCompiled(options: Omit<WarmUp, 'steps'>): Promise<void> {
  const seen = new Set<string>();
  while (seen.size < mostAttempts) {
    const digest = await attempt(options);
    if (seen.has(digest)) return;
    seen.add(digest);
  }
  throw new Error(`${mostAttempts} warm-ups of ${options.name} compiled different code: is the machine very busy?`);
}

async function attempt(options: Omit<WarmUp, 'steps'>): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'farpoint-warm-up-'));
  const ending = new AbortController();
  try {
    const steps =
      options.name === 'proxy' ? await proxySteps(folder, ending.signal) : await operatorSteps(folder, ending.signal);
    await warmUp({ ...options, steps });
    const compiled = await readFile(join(options.folder, scriptFiles(options.name).compiled));
    return createHash('sha256').update(compiled).digest('hex');
  } finally {
    ending.abort();
    await rm(folder, { recursive: true });
  }
}

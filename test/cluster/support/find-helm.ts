/** Finds helm: the program that HELM names, or what test/cluster/programs builds. */
import { join, resolve } from 'node:path';
import { findPrograms, lookForPrograms } from './find-programs.ts';
import { helmProgram } from './program-sets.ts';

/** Resolves with helm's path; builds it if need be and says so line by line. Throws when there is none and no Go. */
export async function findHelm(env: NodeJS.ProcessEnv = process.env, report?: (line: string) => void): Promise<string> {
  const given = env['HELM'] ?? '';
  return given === '' ? join(await findPrograms(helmProgram, env, report), 'helm') : resolve(given);
}

/** Whether findHelm would find or build it. */
export async function isHelmWithinReach(env: NodeJS.ProcessEnv = process.env): Promise<boolean> {
  return (env['HELM'] ?? '') !== '' || (await lookForPrograms(helmProgram, env)).state !== 'unavailable';
}

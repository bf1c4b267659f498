/** Finds OPA: the program that OPA names, or what test/cluster/programs builds. */
import { join, resolve } from 'node:path';
import { findPrograms, lookForPrograms } from './find-programs.ts';
import { opaProgram } from './program-sets.ts';

/** Resolves with OPA's path; builds it if need be and says so line by line. Throws when there is none and no Go. */
export async function findOpa(env: NodeJS.ProcessEnv = process.env, report?: (line: string) => void): Promise<string> {
  const given = env['OPA'] ?? '';
  return given === '' ? join(await findPrograms(opaProgram, env, report), 'opa') : resolve(given);
}

/** Whether findOpa would find or build it. */
export async function isOpaWithinReach(env: NodeJS.ProcessEnv = process.env): Promise<boolean> {
  return (env['OPA'] ?? '') !== '' || (await lookForPrograms(opaProgram, env)).state !== 'unavailable';
}

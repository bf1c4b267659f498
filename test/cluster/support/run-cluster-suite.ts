/** Sees to it that there is a control plane, runs the tests that need one, or says that they were not run. */
import { globSync } from 'node:fs';
import { join } from 'node:path';
import type { Counts } from '../../../scripts/counts.ts';
import { findControlPlane, lookForControlPlane } from './find-control-plane.ts';

export interface ClusterSuiteOptions {
  readonly env: NodeJS.ProcessEnv;
  /** Whether these tests were asked for, rather than all. */
  readonly isAskedFor: boolean;
  readonly print: (line: string) => void;
  /** Runs them. */
  readonly run: () => Promise<Counts>;
}

/** Resolves with what ran. Nobody may take a run without them for a whole one, least of all CI or who asked for them. */
export async function runClusterSuite({ env, isAskedFor, print, run }: ClusterSuiteOptions): Promise<Counts> {
  try {
    const outlook = await lookForControlPlane(env);
    if (outlook.state === 'unavailable') {
      const files = globSync('*.test.ts', { cwd: join(import.meta.dirname, '..') }).length;
      const isRequired = isAskedFor || env['CI'] === 'true';
      print(
        `\n${isRequired ? 'FAILED' : 'SKIPPED'}: ${files} files of tests on a real API server: ${outlook.reason}.\n`,
      );
      return isRequired ? { passed: 0, failed: 1, skipped: 0 } : { passed: 0, failed: 0, skipped: files };
    }
    await findControlPlane(env, print);
  } catch (error) {
    print(`FAILED: the tests on a real API server: ${error instanceof Error ? error.message : String(error)}`);
    return { passed: 0, failed: 1, skipped: 0 };
  }
  return run();
}

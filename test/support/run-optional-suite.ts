/** Runs tests that need more than Node.js, or says that they were not run. */
import { globSync } from 'node:fs';
import type { Counts } from '../../scripts/counts.ts';

export interface OptionalSuite {
  /** For sentences: `tests on a real API server`. */
  readonly name: string;
  /** Holds its files. */
  readonly folder: string;
  readonly env: NodeJS.ProcessEnv;
  /** Whether these tests were asked for, rather than all. */
  readonly isAskedFor: boolean;
  readonly print: (line: string) => void;
  /** Why they cannot run here; null: they can. */
  readonly whyNot: () => Promise<string | null>;
  /** Builds and installs what they need. */
  readonly prepare: () => Promise<void>;
  /** Runs them. */
  readonly run: () => Promise<Counts>;
}

/** Resolves with what ran. Nobody may take a run without them for a whole one, least of all CI or who asked for them. */
export async function runOptionalSuite(suite: OptionalSuite): Promise<Counts> {
  const { name, env, isAskedFor, print } = suite;
  try {
    const reason = await suite.whyNot();
    if (reason !== null) {
      const files = globSync('*.test.ts', { cwd: suite.folder }).length;
      const isRequired = isAskedFor || env['CI'] === 'true';
      print(`\n${isRequired ? 'FAILED' : 'SKIPPED'}: ${files} files of ${name}: ${reason}.\n`);
      return isRequired ? { passed: 0, failed: 1, skipped: 0 } : { passed: 0, failed: 0, skipped: files };
    }
    await suite.prepare();
  } catch (error) {
    print(`FAILED: the ${name}: ${error instanceof Error ? error.message : String(error)}`);
    return { passed: 0, failed: 1, skipped: 0 };
  }
  return suite.run();
}

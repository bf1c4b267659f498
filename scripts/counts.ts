/** How many tests and checks passed: written by each suite below `.run/counts/`, added up at the end of `.ci/run`. */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';

export interface Counts {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

/** What one suite left behind: `null` counts mean that it ended without writing any. */
export interface SuiteOutcome {
  readonly name: string;
  readonly exitCode: number;
  readonly counts: Counts | null;
}

const folder = path.join(import.meta.dirname, '../.run/counts');

/** Writes the counts of one suite. */
export function writeCounts(suite: string, counts: Counts): void {
  mkdirSync(folder, { recursive: true });
  writeFileSync(path.join(folder, `${suite}.json`), `${JSON.stringify(counts)}\n`);
}

/** Reads what a suite wrote; `null` when it wrote nothing. */
export function readCounts(suite: string): Counts | null {
  try {
    return JSON.parse(readFileSync(path.join(folder, `${suite}.json`), 'utf8')) as Counts;
  } catch {
    return null;
  }
}

/** Removes what an earlier run of a suite wrote, which a suite that breaks down would leave standing. */
export function removeCounts(suite: string): void {
  rmSync(path.join(folder, `${suite}.json`), { force: true });
}

/** Adds suites up. A suite that ran nothing, or failed without a failure to count, is one failure. */
export function sumCounts(outcomes: readonly SuiteOutcome[]): Counts {
  return outcomes.map(effectiveCounts).reduce((sum, counts) => ({
    passed: sum.passed + counts.passed,
    failed: sum.failed + counts.failed,
    skipped: sum.skipped + counts.skipped,
  }));
}

/** The last line of `.ci/run`. */
export function countsLine(counts: Counts): string {
  const skipped = counts.skipped === 0 ? '' : `, ${counts.skipped} skipped`;
  return `${counts.passed} passed, ${counts.failed} failed${skipped}`;
}

function effectiveCounts({ exitCode, counts }: SuiteOutcome): Counts {
  if (counts === null) return { passed: 0, failed: 1, skipped: 0 };
  const ranNothing = counts.passed + counts.failed === 0;
  const failedUncounted = exitCode !== 0 && counts.failed === 0;
  return ranNothing || failedUncounted ? { ...counts, failed: counts.failed + 1 } : counts;
}

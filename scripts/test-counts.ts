/**
 * Vitest reporter that counts what really ran, for `.ci/run`. A skipped test must say why (`context.skip('needs curl')`);
 * one that does not, and a test left as todo, fails the run.
 */
import type { Reporter, TestCase, TestModule, TestSuite } from 'vitest/node';
import { writeCounts } from './counts.ts';

type SkippedTest = { readonly name: string; readonly reason: string };

/** Writes the counts of a run to `.run/counts/` and prints each skipped test with its reason. */
export class TestCounts implements Reporter {
  readonly #suite: string;

  constructor(suite: string) {
    this.#suite = suite;
  }

  onTestRunEnd(modules: readonly TestModule[], unhandledErrors: readonly unknown[]): void {
    const tests = modules.flatMap((module) => [...module.children.allTests()]);
    const skipped = tests.filter((test) => isSkipped(test) && !isBelowBrokenSetup(test)).map(skippedTest);
    const silent = skipped.filter(({ reason }) => reason === '');
    for (const { name, reason } of skipped) {
      process.stderr.write(`SKIPPED: ${name}: ${reason === '' ? 'without a reason, which fails the run' : reason}\n`);
    }
    // A file that does not load and a hook that throws hide tests that cannot be counted: each is one failure.
    const brokenSetups = modules.reduce((sum, module) => sum + brokenSetupsOf(module), 0);
    const failedTests = tests.filter((test) => test.result().state === 'failed').length;
    if (silent.length > 0) process.exitCode = 1;
    writeCounts(this.#suite, {
      passed: tests.filter((test) => test.result().state === 'passed').length,
      failed: failedTests + brokenSetups + unhandledErrors.length + silent.length,
      skipped: skipped.length - silent.length,
    });
  }
}

function isSkipped(test: TestCase): boolean {
  const { state } = test.result();
  return state === 'skipped' || state === 'pending';
}

function skippedTest(test: TestCase): SkippedTest {
  const result = test.result();
  const note = result.state === 'skipped' ? result.note : undefined;
  return { name: `${test.module.relativeModuleId} > ${test.fullName}`, reason: note ?? '' };
}

function isBelowBrokenSetup(test: TestCase): boolean {
  for (let parent: TestSuite | TestModule = test.parent; ; parent = parent.parent) {
    if (parent.errors().length > 0) return true;
    if (parent.type === 'module') return false;
  }
}

function brokenSetupsOf(module: TestModule): number {
  const suites = [...module.children.allSuites()].filter((suite) => suite.errors().length > 0).length;
  return suites + (module.errors().length > 0 ? 1 : 0);
}

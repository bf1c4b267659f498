/** Runs Vitest on small suites in a folder of their own and reads what the reporter counted. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { readCounts, type Counts } from '../../../scripts/counts.ts';

const root = path.join(import.meta.dirname, '../../..');

function runVitestOn(suiteText: string): { code: number | null; counts: Counts | null; stderr: string } {
  const folder = mkdtempSync(path.join(tmpdir(), 'farpoint-counts-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  symlinkSync(path.join(root, 'node_modules'), path.join(folder, 'node_modules'));
  const suite = `counted-${path.basename(folder)}`;
  onTestFinished(() => rmSync(path.join(root, '.run/counts', `${suite}.json`), { force: true }));
  const reporter = path.join(root, 'scripts/test-counts.ts');
  writeFileSync(
    path.join(folder, 'vitest.config.ts'),
    `import { TestCounts } from ${JSON.stringify(reporter)};
     export default { test: { reporters: [new TestCounts(${JSON.stringify(suite)})] } };`,
  );
  writeFileSync(
    path.join(folder, 'some.test.ts'),
    `import { beforeAll, describe, expect, test } from 'vitest';\n${suiteText}`,
  );
  const vitest = path.join(root, 'node_modules/vitest/vitest.mjs');
  const { status, stderr } = spawnSync(process.execPath, [vitest, 'run'], { cwd: folder, encoding: 'utf8' });
  return { code: status, counts: readCounts(suite), stderr };
}

const passing = `test('passes', () => { expect(1).toBe(1); });`;

describe('the counting reporter', () => {
  test('lets a run with passing tests pass', () => {
    expect(runVitestOn(passing)).toMatchObject({ code: 0, counts: { passed: 1, failed: 0, skipped: 0 } });
  });

  test('counts what fails', () => {
    const { code, counts } = runVitestOn(`${passing} test('fails', () => { expect(1).toBe(2); });`);
    expect({ code, counts }).toEqual({ code: 1, counts: { passed: 1, failed: 1, skipped: 0 } });
  });

  test.each([
    [`test.skip('silent', () => {});`],
    [`test.todo('later');`],
    [`test('asks', (context) => { context.skip(); });`],
  ])('fails a run with %s', (text) => {
    const { code, counts, stderr } = runVitestOn(`${passing} ${text}`);
    expect({ code, counts }).toEqual({ code: 1, counts: { passed: 1, failed: 1, skipped: 0 } });
    expect(stderr).toMatch(/SKIPPED: some.test.ts > \w+: without a reason, which fails the run/);
  });

  test('lets a test be skipped that says why, and prints it', () => {
    const { code, counts, stderr } = runVitestOn(
      `${passing} test('asks', (context) => { context.skip('needs curl'); });`,
    );
    expect({ code, counts }).toEqual({ code: 0, counts: { passed: 1, failed: 0, skipped: 1 } });
    expect(stderr).toContain('SKIPPED: some.test.ts > asks: needs curl');
  });

  test.each([
    ['a file that does not load', `import './missing.ts';`, 0],
    [
      'a hook that throws',
      `${passing} describe('d', () => { beforeAll(() => { throw new Error('no'); }); ${passing} });`,
      1,
    ],
    [
      'an error outside of any test',
      `test('late', () => { Promise.reject(new Error('late')); expect(1).toBe(1); });`,
      1,
    ],
  ])('counts %s as one failure', (_what, text, passed) => {
    const { code, counts } = runVitestOn(text);
    expect({ code, counts }).toEqual({ code: 1, counts: { passed, failed: 1, skipped: 0 } });
  });
});

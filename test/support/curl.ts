/** The real curl: a client that is not ours. On a machine without it the test is skipped, and says so. */
import { execFile, spawnSync } from 'node:child_process';
import { TestRunner } from 'vitest';

const hasCurl = spawnSync('curl', ['--version']).error === undefined;

export interface CurlResult {
  /** 0: curl is content. */
  readonly exitCode: number;
  readonly output: string;
  /** What `--verbose` tells. */
  readonly log: string;
}

/** Runs curl quietly with these arguments and without the machine's own settings or proxies. */
export function curl(...args: readonly string[]): Promise<CurlResult> {
  if (!hasCurl) skipTest();
  return new Promise((resolve) => {
    const all = ['--disable', '--silent', '--show-error', '--noproxy', '*', '--max-time', '15', ...args];
    execFile('curl', all, { maxBuffer: 64 * 1024 * 1024 }, (error, output, log) => {
      resolve({ exitCode: typeof error?.code === 'number' ? error.code : 0, output, log });
    });
  });
}

/** Throws what ends the running test as skipped. */
function skipTest(): never {
  return TestRunner.getCurrentTest()?.context.skip('curl is not installed') ?? fail();
}

function fail(): never {
  throw new Error('curl is not installed');
}

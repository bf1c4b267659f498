/** The real curl: a client that is not ours. A machine without it fails the test with a sentence. */
import { execFile } from 'node:child_process';

export interface CurlResult {
  /** 0: curl is content. */
  readonly exitCode: number;
  readonly output: string;
  /** What `--verbose` tells. */
  readonly log: string;
}

/** Runs curl quietly with these arguments and without the machine's own settings or proxies. */
export function curl(...args: readonly string[]): Promise<CurlResult> {
  return new Promise((resolve, reject) => {
    const all = ['--disable', '--silent', '--show-error', '--noproxy', '*', '--max-time', '15', ...args];
    execFile('curl', all, { maxBuffer: 64 * 1024 * 1024 }, (error, output, log) => {
      if (error !== null && error.code === 'ENOENT') {
        return reject(new Error('this test needs the program curl, and the machine has none: install it'));
      }
      resolve({ exitCode: typeof error?.code === 'number' ? error.code : 0, output, log });
    });
  });
}

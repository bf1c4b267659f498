/** Requests per second at 64 connections: by wrk when installed, else by autocannon, each a process of its own. */
import { execFile } from 'node:child_process';
import { createRequire } from 'node:module';
import { promisify } from 'node:util';

const run = promisify(execFile);
const connections = 64;

export interface Throughput {
  readonly requestsPerSecond: number;
  /** Answers other than 2xx, and requests that failed. */
  readonly failures: number;
}

export interface LoadGenerator {
  readonly name: string;
  measure(target: { readonly url: string; readonly seconds: number }): Promise<Throughput>;
}

/** The best generator that this machine has. */
export async function chooseGenerator(): Promise<LoadGenerator> {
  // `wrk -v` prints its version and exits 1.
  const version = await run('wrk', ['-v']).then(
    ({ stdout }) => stdout,
    (error: { stdout?: string }) => error.stdout ?? '',
  );
  return version.startsWith('wrk ')
    ? { name: 'wrk', measure: measureByWrk }
    : { name: 'autocannon', measure: measureByAutocannon };
}

async function measureByWrk(target: { readonly url: string; readonly seconds: number }): Promise<Throughput> {
  const { stdout } = await run('wrk', ['-t', '1', '-c', String(connections), '-d', `${target.seconds}s`, target.url]);
  const rate = /^Requests\/sec: +([\d.]+)$/m.exec(stdout)?.[1];
  if (rate === undefined) throw new Error(`wrk did not say a rate:\n${stdout}`);
  const refused = Number(/^ *Non-2xx or 3xx responses: (\d+)$/m.exec(stdout)?.[1] ?? 0);
  const errors =
    /^ *Socket errors: connect (\d+), read (\d+), write (\d+), timeout (\d+)$/m.exec(stdout)?.slice(1) ?? [];
  return { requestsPerSecond: Number(rate), failures: refused + errors.reduce((sum, text) => sum + Number(text), 0) };
}

async function measureByAutocannon(target: { readonly url: string; readonly seconds: number }): Promise<Throughput> {
  const script = createRequire(import.meta.url).resolve('autocannon');
  const options = ['-c', String(connections), '-d', String(target.seconds), '--json', '--no-progress'];
  const { stdout } = await run(process.execPath, [script, ...options, target.url], { maxBuffer: 16 * 1024 * 1024 });
  const result: unknown = JSON.parse(stdout);
  return {
    requestsPerSecond: numberAt(result, ['requests', 'average']),
    failures: numberAt(result, ['non2xx']) + numberAt(result, ['errors']) + numberAt(result, ['timeouts']),
  };
}

function numberAt(value: unknown, path: readonly string[]): number {
  let found: unknown = value;
  for (const name of path) {
    found = typeof found === 'object' && found !== null ? Reflect.get(found, name) : undefined;
  }
  if (typeof found !== 'number') throw new Error(`autocannon did not say ${path.join('.')}`);
  return found;
}

/** `make run` is what a newcomer sees first: every call it makes answers as it should, and it leaves nothing behind. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { sendRequest } from '../../examples/run/send-request.ts';

const root = join(import.meta.dirname, '..', '..');
const started: ChildProcess[] = [];

afterEach(async () => {
  for (const child of started.splice(0)) {
    if (child.exitCode !== null || child.signalCode !== null) continue;
    child.kill('SIGTERM');
    await once(child, 'exit');
  }
});

interface RunResult {
  readonly code: number | null;
  readonly output: string;
}

function startRun(env: Readonly<Record<string, string>>): {
  pid: number;
  output: () => string;
  ended: Promise<RunResult>;
} {
  const child = spawn(process.execPath, [join(root, 'examples', 'run.ts')], {
    cwd: root,
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  started.push(child);
  let output = '';
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => (output += chunk));
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => (output += chunk));
  const ended = once(child, 'close').then(([code]) => ({ code: code as number | null, output }));
  return { pid: child.pid ?? 0, output: () => output, ended };
}

/** The verdict, status and title of each call, in order. */
function verdicts(output: string): readonly string[] {
  return output
    .split('\n')
    .filter((line) => /^(ok|not expected) +\d/.test(line))
    .map((line) => line.replace(/  +/g, ' '));
}

const everyCallAsItShouldBe = [
  'ok 200 an HTTPEndpoint, by name',
  'ok 200 any URL, without a manifest',
  'ok 200 the application itself, by its app id',
  'ok 200 the target in a header',
  'ok 200 the target in the URL',
  'ok 200 a header from a Secret',
  'ok 200 mutual TLS',
  'ok 200 a private root CA only',
  'ok 200 a call that fails, tried again (Resiliency)',
  'ok 504 a call that takes too long (Resiliency)',
  'ok 200 a short path for a call (middleware)',
  'ok 429 the last of 20 calls in a row (middleware)',
  'ok 502 a client certificate that the server refuses',
  'ok 503 an endpoint whose Secret is missing',
  'ok 404 a name that nothing has',
];

describe('make run', () => {
  test(
    'makes one call of each kind, prints each as a curl line, and ends with ONCE=1',
    { timeout: 60_000 },
    async () => {
      const { code, output } = await startRun({ PORT: '0', ONCE: '1' }).ended;
      expect(verdicts(output), output).toEqual(everyCallAsItShouldBe);
      expect(output).toContain('All 15 calls answered as they should.');
      expect(output.match(/^ +\$ curl -si .*http:\/\/[^ ]*127\.0\.0\.1:\d+\/.*$/gm)).toHaveLength(15);
      expect(code).toBe(0);
      const port = /127\.0\.0\.1:(\d+)/.exec(output)?.[1];
      expect(existsSync(join(root, '.run', String(port)))).toBe(false);
    },
  );

  test('makes the same calls without curl, and two at the same time do not meet', { timeout: 60_000 }, async () => {
    const runs = [1, 2].map(() => startRun({ PORT: '0', ONCE: '1', PATH: '/nonexistent' }).ended);
    for (const { code, output } of await Promise.all(runs)) {
      expect(verdicts(output), output).toEqual(everyCallAsItShouldBe);
      expect(code).toBe(0);
    }
  });

  test('says in one sentence that the port is taken', async () => {
    const blocker = createServer().listen(0, '127.0.0.1');
    await once(blocker, 'listening');
    const { port } = blocker.address() as AddressInfo;
    const { code, output } = await startRun({ PORT: String(port), ONCE: '1' }).ended;
    blocker.close();
    expect(output).toBe(
      `Port ${port} is taken: end what listens there, or choose another, as in make run PORT=3600.\n`,
    );
    expect(code).toBe(1);
  });

  test('says in one sentence that PORT is no port', async () => {
    const { code, output } = await startRun({ PORT: 'http', ONCE: '1' }).ended;
    expect(output).toBe('PORT=http is not a port: give a number from 0 to 65535.\n');
    expect(code).toBe(1);
  });

  test('stays, applies an edit of the files it names, and ends everything on Ctrl-C', { timeout: 60_000 }, async () => {
    const run = startRun({ PORT: '0', ONCE: '' });
    await expect.poll(run.output, { timeout: 30_000 }).toContain('Ctrl-C ends everything.');
    const port = Number(/127\.0\.0\.1:(\d+)/.exec(run.output())?.[1]);
    const order = (): Promise<string> => get(port, '/v1.0/invoke/palpatine/method/order66');
    const seat = (): Promise<string> => get(port, '/v1.0/invoke/council/method/council');
    expect(await order()).toBe('Commander Cody, execute order 66.\n');

    const [palpatineFile = '', councilFile = ''] = run.output().match(/(?<=edit )\S+\.yaml/g) ?? [];
    await replaceInFile(join(root, palpatineFile), ['Cody', 'Rex']);
    await expect.poll(order, { timeout: 10_000 }).toBe('Commander Rex, execute order 66.\n');
    await replaceInFile(join(root, councilFile), ['hello-there', 'so-uncivilized']);
    await expect.poll(seat, { timeout: 10_000 }).toContain('we do not grant you a seat');

    process.kill(run.pid, 'SIGINT'); // As Ctrl-C does.
    expect((await run.ended).code, run.output()).toBe(0);
    await expect(get(port, '/v1.0/healthz')).rejects.toThrow('ECONNREFUSED');
  });
});

async function get(port: number, path: string): Promise<string> {
  return (await sendRequest({ port, path })).body;
}

async function replaceInFile(file: string, [from, to]: readonly [string, string]): Promise<void> {
  await writeFile(file, (await readFile(file, 'utf8')).replace(from, to));
}

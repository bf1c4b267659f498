/** `make cluster`, as a newcomer meets it. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { sendRequest } from '../../examples/run/send-request.ts';
import { waitUntil } from '../support/start-test-proxy.ts';
import { runKubectl } from './support/kubectl.ts';

const root = join(import.meta.dirname, '..', '..');

interface Run {
  readonly child: ChildProcess;
  readonly output: () => string;
  readonly ended: Promise<number | null>;
}

function startMakeCluster(env: Readonly<Record<string, string>>): Run {
  const child = spawn(process.execPath, [join(import.meta.dirname, 'cluster-main.ts')], {
    cwd: root,
    env: { ...process.env, PORT: '0', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => (output += chunk));
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => (output += chunk));
  const ended = once(child, 'close').then(([code]) => code as number | null);
  onTestFinished(async () => {
    child.kill('SIGTERM');
    await ended;
  });
  return { child, output: () => output, ended };
}

test('applies the example, calls it, and ends with ONCE=1', { timeout: 120_000 }, async () => {
  const { output, ended } = startMakeCluster({ ONCE: '1' });
  expect(await ended, output()).toBe(0);
  expect(output()).toMatch(/^httpendpoint\.dapr\.io\/palpatine condition met$/m);
  expect(output()).toMatch(/^palpatine +http:\/\/127\.0\.0\.1:\d+ +True +True +1\/1 /m);
  expect(output()).toMatch(/^\$ curl -si http:\/\/127\.0\.0\.1:\d+\/v1\.0\/invoke\/palpatine\/method\/council$/m);
  expect(output()).toMatch(/^200 Take a seat\.$/m);
});

test('does what it says until Ctrl-C, and leaves nothing behind', { timeout: 120_000 }, async () => {
  const { child, output, ended } = startMakeCluster({});
  await waitUntil(() => output().includes('Ctrl-C ends everything') || child.exitCode !== null);
  const kubeconfigPath = lineValue(output(), /export KUBECONFIG=(\S+)/);
  const access = {
    kubeconfigPath,
    kubectlPath: lineValue(output(), /alias kubectl=(\S+)/),
    folder: dirname(kubeconfigPath),
  };
  const kubectl = (args: readonly string[], stdin = '') => runKubectl(access, args, { stdin });
  const port = Number(lineValue(output(), /curl -si http:\/\/127\.0\.0\.1:(\d+)/));
  const call = () => sendRequest({ port, path: '/v1.0/invoke/palpatine/method/council' });

  expect((await call()).status).toBe(404);
  const manifests = lineValue(output(), /kubectl apply -f (\S+)/);
  expect(await kubectl(['apply', '-f', manifests])).toMatchObject({ code: 0, stderr: '' });
  await waitUntil(async () => (await call()).status === 200);

  const secret = {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name: 'council' },
    stringData: { token: 'Bearer none' },
  };
  expect(await kubectl(['apply', '-f', '-'], JSON.stringify(secret))).toMatchObject({ code: 0 });
  await waitUntil(async () => (await call()).status === 401);

  child.kill('SIGINT');
  expect(await ended, output()).toBe(0);
  expect(existsSync(access.folder)).toBe(false);
  await expect(call()).rejects.toThrow('ECONNREFUSED');
});

test('says what is wrong with a port', async () => {
  const { output, ended } = startMakeCluster({ PORT: '99999' });
  expect(await ended).toBe(1);
  expect(output()).toBe('PORT=99999 is not a port: give a number from 0 to 65535.\n');
});

function lineValue(output: string, pattern: RegExp): string {
  const [, value = ''] = pattern.exec(output) ?? [];
  expect(value, output).not.toBe('');
  return value;
}

import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { ChildProcesses } from '../../cluster/support/child-processes.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

async function site(): Promise<{
  readonly children: ChildProcesses;
  readonly folder: string;
  readonly logFile: string;
}> {
  const folder = join(await temporaryFolder(), 'own');
  await mkdir(folder);
  const children = ChildProcesses.start(folder);
  onTestFinished(() => children.close());
  return { children, folder, logFile: join(folder, 'log') };
}

const isAlive = (pid: number): boolean => {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
};

test('a child that is asked to end does so, and says how', async () => {
  const { children, logFile } = await site();
  const child = await children.start({ name: 'cat', command: 'sleep', args: ['600'], logFile });
  await child.end(5_000);
  expect(await child.ended).toBe('cat ended with SIGTERM');
  expect(child.hasEnded()).toBe(true);
});

test('a child that does not listen is ended without mercy', async () => {
  const { children, logFile } = await site();
  const script = 'trap "" TERM; echo armed; while :; do sleep 0.01; done';
  const child = await children.start({ name: 'mule', command: 'sh', args: ['-c', script], logFile });
  while (!(await child.logTail().catch(() => '')).includes('armed')) await new Promise(setImmediate);
  await child.end(10);
  expect(await child.ended).toBe('mule ended with SIGKILL');
});

test('closing ends every child and removes the folder', async () => {
  const { children, folder, logFile } = await site();
  const start = () => children.start({ name: 'sleeper', command: 'sleep', args: ['600'], logFile });
  const [one, other] = [await start(), await start()];
  await one.end(0);
  await writeFile(join(folder, 'kept'), '');
  await children.close();
  expect([isAlive(one.pid), isAlive(other.pid), existsSync(folder)]).toEqual([false, false, false]);
});

test('a program that does not exist is one error', async () => {
  const { children, logFile } = await site();
  await expect(children.start({ name: 'nobody', command: '/nowhere/nobody', args: [], logFile })).rejects.toThrow(
    'ENOENT',
  );
});

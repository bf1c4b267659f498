/** What the namespaces of a node leave behind: nothing, however their runner ends. These make namespaces inside a node's. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, globSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { createInterface } from 'node:readline';
import { expect, test } from 'vitest';

const holder = join(import.meta.dirname, 'support', 'hold-namespace-main.ts');

interface Held {
  readonly runner: ChildProcess;
  readonly folder: string;
}

async function hold(): Promise<Held> {
  const runner = spawn(process.execPath, [holder], { stdio: ['ignore', 'pipe', 'inherit'] });
  const [folder] = (await once(createInterface({ input: runner.stdout }), 'line')) as [string];
  return { runner, folder };
}

const cgroupsOf = ({ folder }: Held): readonly string[] => globSync(`/sys/fs/cgroup/{,*/}${basename(folder)}`);

/** Whether a process has the folder in its environment: each one inside has. */
async function hasProcesses({ folder }: Held): Promise<boolean> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const found = pids.map(async (pid) => {
    const environment = await readFile(`/proc/${pid}/environ`, 'utf8').catch(() => '');
    return environment.includes(`FARPOINT_NODE_FOLDER=${folder}\0`);
  });
  return (await Promise.all(found)).includes(true);
}

async function expectNothingLeft(held: Held): Promise<void> {
  await expect.poll(() => existsSync(held.folder), { timeout: 20_000 }).toBe(false);
  expect(cgroupsOf(held)).toEqual([]);
  expect(await hasProcesses(held)).toBe(false);
  expect(await readFile('/proc/self/mounts', 'utf8')).not.toContain(held.folder);
}

test.each(['SIGTERM', 'SIGKILL'] as const)('nothing is left after %s', async (signal) => {
  const before = await readFile('/proc/sys/kernel/panic_on_oops', 'utf8');
  const held = await hold();
  expect(cgroupsOf(held).length).toBeGreaterThan(0);
  expect(await hasProcesses(held)).toBe(true);
  held.runner.kill(signal);
  await once(held.runner, 'exit');
  await expectNothingLeft(held);
  expect(await readFile('/proc/sys/kernel/panic_on_oops', 'utf8')).toBe(before);
});

test('nothing is left when unshare is killed', async () => {
  const held = await hold();
  expect(await hasProcesses(held)).toBe(true);
  process.kill(await childOf(held.runner, 'unshare'), 'SIGKILL');
  await once(held.runner, 'exit');
  await expectNothingLeft(held);
});

async function childOf({ pid }: ChildProcess, name: string): Promise<number> {
  for (const child of (await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8')).trim().split(' ')) {
    if ((await readFile(`/proc/${child}/comm`, 'utf8')).trim() === name) return Number(child);
  }
  throw new Error(`no child is ${name}`);
}

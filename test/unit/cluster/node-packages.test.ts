/** Which packages a node lacks, and how they are installed; a stand-in takes the place of apt-get. */
import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { canInstall, installPackages, missingPackages } from '../../system/support/node-packages.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

interface Machine {
  readonly env: NodeJS.ProcessEnv;
  readonly log: string;
}

async function machine(programs: readonly string[], aptGet = 'true'): Promise<Machine> {
  const root = await temporaryFolder();
  const bin = join(root, 'bin');
  const log = join(root, 'log');
  await mkdir(bin);
  for (const name of programs) {
    const script = name === 'apt-get' ? `echo "$DEBIAN_FRONTEND $*" >> '${log}'; ${aptGet}` : '';
    await writeFile(join(bin, name), `#!/bin/sh\n${script}\n`);
    await chmod(join(bin, name), 0o755);
  }
  return { env: { PATH: bin }, log };
}

/** Packages whose files are looked for outside of the PATH. */
const elsewhere = ['containernetworking-plugins', 'curl'];

test('each package is missing once, however much of it is', async () => {
  const { env } = await machine(['ip', 'unshare', 'mount', 'runc', 'strip', 'bash', 'openssl']);
  const missing = missingPackages(env).filter((name) => !elsewhere.includes(name));
  expect(missing).toEqual(['containerd', 'nftables']);
  expect(canInstall(env)).toBe(false);
});

test('they are installed without recommendations, questions and removals, from a fresh index', async () => {
  const { env, log } = await machine(['apt-get']);
  expect(canInstall(env)).toBe(true);
  await installPackages(['runc', 'nftables'], env);
  expect(await readFile(log, 'utf8')).toBe(
    'noninteractive update\nnoninteractive install --yes --no-install-recommends --no-remove runc nftables\n',
  );
});

test('a failure says which command it was', async () => {
  const { env } = await machine(['apt-get'], 'exit 100');
  await expect(installPackages(['runc'], env)).rejects.toThrow('apt-get update ended with 100');
});

/** `make setup`, with a stand-in for npm that records its arguments and installs what the lockfile says. */
import { spawnSync } from 'node:child_process';
import { chmodSync, cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { beforeEach, describe, expect, onTestFinished, test } from 'vitest';

const root = path.join(import.meta.dirname, '../../..');
const locked = {
  '': { name: 'x' },
  'node_modules/a': { version: '1.0.0', integrity: 'sha512-a' },
  'node_modules/only-elsewhere': { version: '1.0.0', integrity: 'sha512-o', optional: true },
};
const installed = { 'node_modules/a': locked['node_modules/a'] };

let folder = '';

beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'farpoint-setup-'));
  const created = folder;
  onTestFinished(() => rmSync(created, { recursive: true }));
  mkdirSync(path.join(folder, 'scripts'));
  mkdirSync(path.join(folder, 'bin'));
  cpSync(path.join(root, 'scripts/ensure-installed.js'), path.join(folder, 'scripts/ensure-installed.js'));
  writeFileSync(path.join(folder, 'package.json'), '{"type":"module"}');
  writeFileSync(path.join(folder, 'package-lock.json'), JSON.stringify({ packages: locked }));
  writeFileSync(path.join(folder, 'installed.json'), JSON.stringify({ packages: installed }));
});

/** Puts node_modules there as an earlier installation left it. */
function installEarlier(packages: unknown): void {
  mkdirSync(path.join(folder, 'node_modules/.bin'), { recursive: true });
  writeFileSync(path.join(folder, 'node_modules/.package-lock.json'), JSON.stringify({ packages }));
  writeFileSync(path.join(folder, 'node_modules/.bin/node'), '');
}

function setUp(npmScript: string): { code: number | null; stderr: string; npmArguments: string } {
  const npm = path.join(folder, 'bin/npm');
  writeFileSync(npm, `#!/bin/sh\necho "$@" > npm-arguments\n${npmScript}\n`);
  chmodSync(npm, 0o755);
  const { status, stderr } = spawnSync(process.execPath, [path.join(folder, 'scripts/ensure-installed.js')], {
    env: { PATH: `${path.join(folder, 'bin')}:/usr/bin:/bin` },
    encoding: 'utf8',
  });
  const record = path.join(folder, 'npm-arguments');
  return { code: status, stderr, npmArguments: existsSync(record) ? readFileSync(record, 'utf8').trim() : '' };
}

const npmThatInstalls =
  'mkdir -p node_modules/.bin; cp installed.json node_modules/.package-lock.json; : > node_modules/.bin/node';

describe('make setup', () => {
  test('runs npm ci on a fresh machine, quietly', () => {
    expect(setUp(npmThatInstalls)).toEqual({
      code: 0,
      stderr: 'Installing packages with npm ci, about half a minute: nothing is installed yet.\n',
      npmArguments: 'ci --no-audit --no-fund --loglevel=error',
    });
  });

  test('does and says nothing when all is installed, packages for other platforms aside', () => {
    installEarlier(installed);
    expect(setUp('exit 1')).toEqual({ code: 0, stderr: '', npmArguments: '' });
  });

  test.each([
    ['another version is installed', { 'node_modules/a': { version: '0.9.0', integrity: 'sha512-a' } }],
    ['a package is missing', {}],
  ])('installs again when %s', (_what, earlier) => {
    installEarlier(earlier);
    const { code, stderr } = setUp(npmThatInstalls);
    expect({ code, stderr }).toMatchObject({
      code: 0,
      stderr: expect.stringContaining('node_modules/a is not as locked') as string,
    });
  });

  test('installs again when Node itself is missing', () => {
    installEarlier(installed);
    rmSync(path.join(folder, 'node_modules/.bin/node'));
    expect(setUp(npmThatInstalls)).toMatchObject({ code: 0, npmArguments: 'ci --no-audit --no-fund --loglevel=error' });
  });

  test('fails with a sentence when npm does', () => {
    const { code, stderr } = setUp('exit 1');
    expect(code).toBe(1);
    expect(stderr).toContain('npm ci failed; its message is above.');
  });
});

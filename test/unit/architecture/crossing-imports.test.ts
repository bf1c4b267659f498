/** The compiler guards the architecture: this compiles forbidden imports with the real project files and wants errors. */
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

const root = path.join(import.meta.dirname, '../../..');
const projects = ['shared', 'proxy', 'operator', 'cli', 'scripts', 'examples', 'test'];
/** What each may import, itself aside. */
const allowed: Readonly<Record<string, readonly string[]>> = {
  shared: [],
  proxy: ['shared'],
  operator: ['shared'],
  cli: ['shared', 'proxy', 'operator'],
  scripts: ['shared'],
  examples: ['shared', 'proxy', 'operator', 'cli'],
  test: ['shared', 'proxy', 'operator', 'cli', 'scripts', 'examples'],
};
const crossings = projects.flatMap((from) => projects.filter((to) => to !== from).map((to) => ({ from, to })));

let folder = '';
let errors = '';

beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'farpoint-architecture-'));
  for (const file of ['package.json', 'tsconfig.json', 'tsconfig.base.json'])
    cpSync(path.join(root, file), path.join(folder, file));
  symlinkSync(path.join(root, 'node_modules'), path.join(folder, 'node_modules'));
  for (const project of projects) {
    mkdirSync(path.join(folder, project));
    cpSync(path.join(root, project, 'tsconfig.json'), path.join(folder, project, 'tsconfig.json'));
    writeFileSync(path.join(folder, project, 'target.ts'), `export const target = '${project}';\n`);
  }
  for (const { from, to } of crossings) {
    const specifier = to === 'shared' ? '#shared/target.ts' : `../${to}/target.ts`;
    const text = `import { target } from '${specifier}';\nexport const seen: string = target;\n`;
    writeFileSync(path.join(folder, from, `to-${to}.ts`), text);
  }
  writeFileSync(path.join(folder, 'shared/with-enum.ts'), 'export enum Colour {\n  Red,\n}\n');
  const tsc = path.join(root, 'node_modules/.bin/tsc');
  errors = spawnSync(process.execPath, [tsc, '-b', '--pretty', 'false'], { cwd: folder, encoding: 'utf8' }).stdout;
});

afterAll(() => {
  rmSync(folder, { recursive: true });
});

describe('an import', () => {
  test.each(crossings)('from $from to $to is an error unless the architecture allows it', ({ from, to }) => {
    const found = errors.split('\n').filter((line) => line.startsWith(`${from}/to-${to}.ts`));
    if (allowed[from]?.includes(to)) expect(found).toEqual([]);
    else expect(found.join('\n')).toMatch(/error TS6307: /);
  });
});

test('an enum, which Node cannot run unbuilt, is an error', () => {
  expect(errors).toMatch(/^shared\/with-enum\.ts\(1,13\): error TS1294: /m);
});

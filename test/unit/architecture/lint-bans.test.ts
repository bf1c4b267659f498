/** What lint forbids, and where: each ban is tried on a file that breaks it. */
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

const root = path.join(import.meta.dirname, '../../..');

interface Ban {
  readonly rule: string;
  readonly text: string;
  readonly bannedIn: readonly string[];
  readonly allowedIn: readonly string[];
}

const outside = ['proxy', 'shared/table'];
const bans: readonly Ban[] = [
  {
    rule: 'no-restricted-properties',
    text: `export const zone = process.env['ZONE'];`,
    bannedIn: outside,
    allowedIn: ['cli', 'shared/settings', 'test', 'examples'],
  },
  {
    rule: 'no-restricted-properties',
    text: 'export const now = Date.now();',
    bannedIn: [...outside, 'cli', 'shared/settings'],
    allowedIn: ['shared/clock', 'test', 'examples'],
  },
  {
    rule: 'no-restricted-globals',
    text: 'setTimeout(() => undefined, 1);',
    bannedIn: [...outside, 'cli', 'shared/settings'],
    allowedIn: ['shared/clock', 'test', 'examples'],
  },
  {
    rule: 'no-restricted-globals',
    text: 'setInterval(() => undefined, 1);',
    bannedIn: outside,
    allowedIn: ['shared/clock', 'test', 'examples'],
  },
  {
    rule: 'no-restricted-imports',
    text: `import { setTimeout as sleep } from 'node:timers/promises';\nexport const nap = sleep;`,
    bannedIn: outside,
    allowedIn: ['test'],
  },
  {
    rule: 'no-restricted-globals',
    text: `export const answer = fetch('http://localhost');`,
    bannedIn: [...outside, 'cli'],
    allowedIn: ['test', 'examples'],
  },
  { rule: 'no-console', text: `console.log('hello');`, bannedIn: outside, allowedIn: ['cli', 'examples', 'scripts'] },
  { rule: 'no-explicit-any', text: 'export const anything: any = 1;', bannedIn: [...outside, 'test'], allowedIn: [] },
  {
    rule: 'no-non-null-assertion',
    text: 'export const first = (list: string[]): string => list[0]!;',
    bannedIn: [...outside, 'test'],
    allowedIn: [],
  },
  {
    rule: 'no-floating-promises',
    text: 'export function go(): void {\n  Promise.resolve(1).then(String);\n}',
    bannedIn: [...outside, 'cli', 'test'],
    allowedIn: [],
  },
  { rule: 'no-default-export', text: 'export default 1;', bannedIn: [...outside, 'cli'], allowedIn: [] },
  { rule: 'no-barrel-file', text: `export * from './other.ts';`, bannedIn: outside, allowedIn: [] },
  {
    rule: 'max-params',
    text: 'export const f = (a: number, b: number, c: number, d: number): number => a + b + c + d;',
    bannedIn: outside,
    allowedIn: ['test'],
  },
  { rule: 'max-lines', text: 'export {};\n'.repeat(301), bannedIn: [...outside, 'test'], allowedIn: [] },
];
const cases = bans.flatMap(({ bannedIn, allowedIn, ...ban }, index) => [
  ...bannedIn.map((place) => ({ ...ban, file: `${place}/ban-${index}.ts`, place, verdict: 'refuses' })),
  ...allowedIn.map((place) => ({ ...ban, file: `${place}/ban-${index}.ts`, place, verdict: 'allows' })),
]);

type Diagnostic = { readonly code: string; readonly filename: string };

let folder = '';
let diagnostics: readonly Diagnostic[] = [];

beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'farpoint-lint-'));
  cpSync(path.join(root, '.oxlintrc.json'), path.join(folder, '.oxlintrc.json'));
  symlinkSync(path.join(root, 'node_modules'), path.join(folder, 'node_modules'));
  const compilerOptions = {
    strict: true,
    module: 'nodenext',
    target: 'esnext',
    types: ['node'],
    allowImportingTsExtensions: true,
    noEmit: true,
  };
  writeFileSync(path.join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions, include: ['**/*.ts'] }));
  for (const { file, text, place } of cases) {
    mkdirSync(path.join(folder, place), { recursive: true });
    writeFileSync(path.join(folder, place, 'other.ts'), 'export const other = 1;\n');
    writeFileSync(path.join(folder, file), `${text}\n`);
  }
  const oxlint = path.join(root, 'node_modules/.bin/oxlint');
  const { stdout } = spawnSync(
    process.execPath,
    [oxlint, '--format=json', ...new Set(cases.map(({ file }) => file.split('/')[0] ?? ''))],
    {
      cwd: folder,
      encoding: 'utf8',
    },
  );
  ({ diagnostics } = JSON.parse(stdout) as { readonly diagnostics: readonly Diagnostic[] });
});

afterAll(() => {
  rmSync(folder, { recursive: true });
});

describe('lint', () => {
  test.each(cases)('$verdict in $place: $file $rule', ({ rule, file, verdict }) => {
    const found = diagnostics.filter(({ filename, code }) => filename === file && code.includes(`(${rule})`));
    expect(found.length > 0).toBe(verdict === 'refuses');
  });
});

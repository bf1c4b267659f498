/** What the README promises is there: each test of "Better than Dapr", each folder of the map, each make target. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';

const root = join(import.meta.dirname, '..', '..', '..');
const readme = readFileSync(join(root, 'README.md'), 'utf8');

/** The cells of every row below a heading, its head and rule left out. */
function tableBelow(heading: string): readonly (readonly string[])[] {
  const fromHere = readme.slice(readme.indexOf(`\n## ${heading}\n`) + 1);
  const nextHeading = fromHere.indexOf('\n## ');
  const section = nextHeading === -1 ? fromHere : fromHere.slice(0, nextHeading);
  const lines = section.split('\n').filter((line) => line.startsWith('|'));
  return lines.slice(2).map((line) =>
    line
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim()),
  );
}

/** What stands in back quotes. */
function quoted(cell: string | undefined): readonly string[] {
  return [...(cell ?? '').matchAll(/`([^`]+)`/g)].map((match) => match[1] ?? '');
}

describe('README', () => {
  const rows = tableBelow('Better than Dapr');

  test('says for more than thirty weaknesses what is better', () => {
    expect(rows.length).toBeGreaterThan(30);
  });

  test.each(rows.map(([weakness = '', , tests]) => [weakness, quoted(tests)] as const))(
    'names tests that exist for: %s',
    (_weakness, tests) => {
      expect(tests).not.toHaveLength(0);
      const missing = tests.filter(
        (name) => !['.test.ts', '.in.yaml', ''].some((ending) => existsSync(join(root, 'test', name + ending))),
      );
      expect(missing).toEqual([]);
    },
  );

  test('maps folders that exist', () => {
    const folders = tableBelow('Map').flatMap(([folder]) => quoted(folder));
    expect(folders).toContain('proxy/');
    expect(folders.filter((folder) => !existsSync(join(root, folder)))).toEqual([]);
  });

  test('names make targets that exist', () => {
    const makefile = readFileSync(join(root, 'Makefile'), 'utf8');
    const targets = [...readme.matchAll(/(?:`|^ {4})make ([a-z]+)/gm)].map((match) => match[1] ?? '');
    expect(targets).toContain('run');
    expect(targets.filter((target) => !makefile.includes(`\n${target}:`))).toEqual([]);
  });

  test('links to files that exist', () => {
    const links = [...readme.matchAll(/\]\(([^)#]+)\)/g)].map((match) => match[1] ?? '');
    expect(links.filter((link) => !existsSync(join(root, link)))).toEqual([]);
  });
});

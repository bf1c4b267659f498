import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Metafile } from 'esbuild';
import { describe, expect, test } from 'vitest';
import { noticesText } from '../../../images/notices/notice.ts';
import { packageFolders, packageNotices } from '../../../images/notices/package-notices.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

describe('packageFolders', () => {
  test('takes packages of which something is in the output, nested ones and scoped ones too', () => {
    const input = { bytesInOutput: 1 };
    const inputs = {
      'cli/main.ts': input,
      'node_modules/ws/lib/a.js': input,
      'node_modules/ws/lib/b.js': input,
      'node_modules/@scope/name/index.js': input,
      'node_modules/send/node_modules/@scope/inner/x.js': input,
      'lazy:node:http': input,
    };
    const output = { inputs, imports: [], exports: [], bytes: 1 };
    const metafile: Metafile = {
      inputs: { 'node_modules/unused/x.js': { bytes: 1, imports: [] } },
      outputs: { a: output },
    };
    expect(packageFolders(metafile)).toEqual([
      'node_modules/@scope/name',
      'node_modules/send/node_modules/@scope/inner',
      'node_modules/ws',
    ]);
  });
});

describe('packageNotices', () => {
  test('gives the texts of a package, the notice file too', async () => {
    const root = await withPackages({ a: { license: 'Apache-2.0', files: { LICENSE: 'licence', NOTICE: 'notice' } } });
    expect(await packageNotices(root, ['node_modules/a'])).toEqual([
      { title: 'a 1.0.0 (Apache-2.0)', text: 'licence\n\nnotice' },
    ]);
  });

  test.for(['license.md', 'LICENCE', 'UNLICENSE', 'COPYING.txt', 'License-MIT'])('finds %s', async (file) => {
    const root = await withPackages({ a: { license: 'MIT', files: { [file]: 'text' } } });
    expect(await packageNotices(root, ['node_modules/a'])).toEqual([{ title: 'a 1.0.0 (MIT)', text: 'text' }]);
  });

  test('refuses, naming all: no text, a licence that is not allowed, none', async () => {
    const root = await withPackages({
      a: { license: 'MIT', files: { 'licensed.js': 'code' } },
      b: { license: 'AGPL-3.0', files: { LICENSE: 'text' } },
      c: { license: undefined, files: { LICENSE: 'text' } },
    });
    const refused = packageNotices(root, ['node_modules/a', 'node_modules/b', 'node_modules/c']);
    await expect(refused).rejects.toThrow(/a: there is no licence text\n.*b: licence AGPL-3\.0 .*\n.*c: licence none /);
  });
});

describe('noticesText', () => {
  test('equal texts stand once, under all their titles', () => {
    const text = noticesText([
      { title: 'a', text: 'same\r\n' },
      { title: 'b', text: 'same' },
      { title: 'c', text: 'other' },
    ]);
    expect(text).toMatch(/={80}\na\nb\n\nsame\n\n={80}\nc\n\nother\n$/);
  });
});

interface PackageFiles {
  readonly license: string | undefined;
  readonly files: Readonly<Record<string, string>>;
}

async function withPackages(packages: Readonly<Record<string, PackageFiles>>): Promise<string> {
  const root = await temporaryFolder();
  for (const [name, { license, files }] of Object.entries(packages)) {
    const folder = join(root, 'node_modules', name);
    await mkdir(folder, { recursive: true });
    await writeFile(join(folder, 'package.json'), JSON.stringify({ name, version: '1.0.0', license }));
    for (const [file, text] of Object.entries(files)) await writeFile(join(folder, file), text);
  }
  return root;
}

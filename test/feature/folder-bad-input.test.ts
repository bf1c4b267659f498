import { execFileSync } from 'node:child_process';
import { mkdir, symlink, truncate, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { httpEndpoint } from '../support/http-endpoint.ts';
import { waitUntil } from '../support/start-test-proxy.ts';
import { watchedFolder } from '../support/watched-folder.ts';

const good = httpEndpoint('good', 'https://good.example');
const bad = 'resources/bad.yaml';

describe('a folder with a bad file beside a good one', () => {
  test.each([
    [
      'recursive aliases',
      'a: &a [*a, *a]',
      'InvalidYaml: it is nested deeper than 64 levels, or an alias stands inside its own anchor',
    ],
    ['an alias bomb', aliasBomb(), 'InvalidYaml: its aliases stand for too much content'],
    ['NUL bytes', Buffer.from('a: 1\0'), 'NotText: the file is not text in UTF-8; it looks binary'],
    [
      'bytes that are no UTF-8',
      Buffer.from([0x61, 0x3a, 0x20, 0xff, 0xfe]),
      'NotText: the file is not text in UTF-8; it looks binary',
    ],
    [
      'a picture',
      Buffer.from('89504e470d0a1a0a0000000d', 'hex'),
      'NotText: the file is not text in UTF-8; it looks binary',
    ],
    ['UTF-16', Buffer.from(`\ufeff${good}`, 'utf16le'), 'NotText: the file is not text in UTF-8; it looks binary'],
    [
      'a document of ten million bytes',
      `a: ${'x'.repeat(10_000_000)}`,
      'DocumentTooLarge: a document must not be larger than 4 MiB; a file may be',
    ],
    ['broken YAML', 'a: [1', 'InvalidYaml: it is not valid YAML: the indentation does not fit'],
    ['text that is no resource', 'hello', 'NotAResource: the document has no kind'],
  ])('names %s and serves the rest', async (_what, content, problem) => {
    const folder = await watchedFolder({ files: { [bad]: content, 'resources/good.yaml': good } });
    expect(folder.problems()).toEqual([problem]);
    expect(folder.stateOf('good')).toBe('ready https://good.example');
    await folder.replace(bad, httpEndpoint('mended', 'https://mended.example'));
    await waitUntil(() => folder.stateOf('mended') === 'ready https://mended.example');
  });

  test('reads a byte order mark as nothing', async () => {
    const folder = await watchedFolder({ files: { 'resources/good.yaml': `\ufeff${good}` } });
    expect(folder.stateOf('good')).toBe('ready https://good.example');
    expect(folder.problems()).toEqual([]);
  });

  test('names a file beyond 64 MiB without reading it', async () => {
    const folder = await watchedFolder({
      files: { 'resources/good.yaml': good, [bad]: '' },
      prepare: (root) => truncate(path.join(root, bad), 65 * 1024 * 1024),
    });
    expect(folder.problems()).toEqual(['FileTooLarge: the file is larger than 64 MiB']);
    expect(folder.stateOf('good')).toBe('ready https://good.example');
  });

  test('is not held up by a pipe, a folder or a link that leads nowhere', async () => {
    const folder = await watchedFolder({
      files: { 'resources/good.yaml': good },
      prepare: async (root) => {
        execFileSync('mkfifo', [path.join(root, 'resources/pipe.yaml')]);
        await mkdir(path.join(root, 'resources/folder.yaml'));
        await symlink('folder.yaml', path.join(root, 'resources/link.yaml'));
        await symlink('nowhere', path.join(root, 'resources/dangling.yaml'));
        await symlink('circle.yaml', path.join(root, 'resources/circle.yaml'));
      },
    });
    expect(folder.problems()).toEqual([
      'FileUnreadable: the file cannot be read: ELOOP',
      'NotAFile: the file is not a regular file',
      'NotAFile: the file is not a regular file',
    ]);
    expect(folder.stateOf('good')).toBe('ready https://good.example');
  });

  test('keeps what a file held when it turns binary', async () => {
    const folder = await watchedFolder({ files: { 'resources/good.yaml': good } });
    await writeFile(path.join(folder.resources, 'good.yaml'), Buffer.from([0, 1, 2, 3]));
    await waitUntil(() => folder.problems().length > 0);
    expect(folder.problems()).toEqual([
      'NotText: the file is not text in UTF-8; it looks binary; what was read before stays in use',
    ]);
    expect(folder.stateOf('good')).toBe('ready https://good.example');
  });

  test('says what a mistyped kind was probably meant to be', async () => {
    const slip = 'apiVersion: dapr.io/v1alpha1\nkind: resilency\nmetadata: { name: a }\n---\n';
    const folder = await watchedFolder({ files: { 'resources/all.yaml': slip + good } });
    expect(folder.problems()).toEqual([expect.stringContaining('there is no kind resilency; is Resiliency meant?')]);
  });

  test('says a kind that is not read once', async () => {
    const other = (name: string, kind = 'Subscription'): string =>
      `apiVersion: dapr.io/v1alpha1\nkind: ${kind}\nmetadata: { name: ${name} }\n---\n`;
    const folder = await watchedFolder({
      files: { 'resources/all.yaml': other('a') + other('b') + other('c', 'Configuration') + good },
    });
    await folder.replace('resources/all.yaml', other('d') + httpEndpoint('later', 'https://later.example'));
    await waitUntil(() => folder.stateOf('later') !== 'none');
    const lines = folder.lines.filter(({ message }) => message === 'resources of this kind are ignored');
    expect(lines.map(({ level, fields }) => [level, fields['kind'], fields['advice']])).toEqual([
      ['info', 'dapr.io/v1alpha1 Subscription', undefined],
      ['info', 'dapr.io/v1alpha1 Configuration', 'a Configuration is a file that --config names'],
    ]);
    expect(folder.problems()).toEqual([]);
  });
});

function aliasBomb(): string {
  const lines = ['a0: &a0 [x, x, x, x, x, x, x, x, x]'];
  for (let level = 1; level < 10; level += 1) {
    lines.push(`a${level}: &a${level} [${Array.from({ length: 9 }, () => `*a${level - 1}`).join(', ')}]`);
  }
  return lines.join('\n');
}

import { utimesSync, writeFileSync } from 'node:fs';
import { appendFile, mkdir, open, rename, rm, symlink, unlink, utimes, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { httpEndpoint } from '../support/http-endpoint.ts';
import { waitUntil } from '../support/start-test-proxy.ts';
import { watchedFolder } from '../support/watched-folder.ts';

const one = httpEndpoint('github', 'https://one.example');
const two = httpEndpoint('github', 'https://two.example');

/** How often to look whether a change is in force, and for how long. */
const patience = { interval: 5, timeout: 15_000 };

describe('a folder of manifests', () => {
  test('applies a file that an editor replaces by renaming another', async () => {
    const folder = await watchedFolder({ files: { 'resources/a.yaml': one } });
    await folder.replace('resources/a.yaml', two);
    await expect.poll(() => folder.stateOf('github'), patience).toBe('ready https://two.example');
    await folder.replace('resources/a.yaml', one);
    await expect.poll(() => folder.stateOf('github'), patience).toBe('ready https://one.example');
  });

  test('applies a file that is written in place, also with the same length at once after', async () => {
    const folder = await watchedFolder({ files: { 'resources/a.yaml': one } });
    const file = path.join(folder.resources, 'a.yaml');
    for (let round = 0; round < 10; round += 1) {
      await writeFile(file, two);
      await expect.poll(() => folder.stateOf('github'), patience).toBe('ready https://two.example');
      await writeFile(file, one);
      await expect.poll(() => folder.stateOf('github'), patience).toBe('ready https://one.example');
    }
  });

  test('applies a file whose size and time say that nothing happened', async () => {
    const longAgo = new Date(1_000_000);
    const folder = await watchedFolder({
      files: { 'resources/a.yaml': one },
      prepare: (root) => utimes(path.join(root, 'resources/a.yaml'), longAgo, longAgo),
    });
    const file = path.join(folder.resources, 'a.yaml');
    writeFileSync(file, two);
    utimesSync(file, longAgo, longAgo);
    await expect.poll(() => folder.stateOf('github'), patience).toBe('ready https://two.example');
  });

  test('applies a file that appears, one that goes and one that is emptied', async () => {
    const folder = await watchedFolder({ files: { 'resources/a.yaml': one } });
    await writeFile(path.join(folder.resources, 'b.yml'), httpEndpoint('b', 'https://b.example'));
    await writeFile(
      path.join(folder.resources, 'c.json'),
      '{"apiVersion":"dapr.io/v1alpha1","kind":"HTTPEndpoint","metadata":{"name":"c"},"spec":{"baseUrl":"https://c.example"}}',
    );
    await waitUntil(() => folder.stateOf('b') !== 'none' && folder.stateOf('c') !== 'none');
    await unlink(path.join(folder.resources, 'b.yml'));
    await expect.poll(() => folder.stateOf('b'), patience).toBe('none');
    await writeFile(path.join(folder.resources, 'c.json'), '');
    await expect.poll(() => folder.stateOf('c'), patience).toBe('none');
    expect(folder.stateOf('github')).toBe('ready https://one.example');
  });

  test('follows the link that Kubernetes swaps to change a volume', async () => {
    const folder = await watchedFolder({
      prepare: async (root) => {
        const volume = path.join(root, 'resources');
        await mkdir(path.join(volume, '..2026_1'));
        await writeFile(path.join(volume, '..2026_1/a.yaml'), one);
        await symlink('..2026_1', path.join(volume, '..data'));
        await symlink('..data/a.yaml', path.join(volume, 'a.yaml'));
      },
    });
    expect(folder.stateOf('github')).toBe('ready https://one.example');
    for (const [version, text, expected] of [
      ['..2026_2', two, 'https://two.example'],
      ['..2026_3', one, 'https://one.example'],
    ] as const) {
      await mkdir(path.join(folder.resources, version));
      await writeFile(path.join(folder.resources, version, 'a.yaml'), text);
      await symlink(version, path.join(folder.resources, '..data_tmp'));
      await rename(path.join(folder.resources, '..data_tmp'), path.join(folder.resources, '..data'));
      await expect.poll(() => folder.stateOf('github'), patience).toBe(`ready ${expected}`);
    }
  });

  test('follows a link to a file elsewhere, and to a folder elsewhere', async () => {
    const folder = await watchedFolder({
      args: ['--resources-path=ROOT/linked'],
      prepare: async (root) => {
        await mkdir(path.join(root, 'elsewhere'));
        await writeFile(path.join(root, 'elsewhere/real.txt'), one);
        await symlink('../elsewhere/real.txt', path.join(root, 'resources/a.yaml'));
        await mkdir(path.join(root, 'far'));
        await writeFile(path.join(root, 'far/b.yaml'), httpEndpoint('b', 'https://b.example'));
        await symlink('far', path.join(root, 'linked'));
      },
    });
    expect([folder.stateOf('github'), folder.stateOf('b')]).toEqual([
      'ready https://one.example',
      'ready https://b.example',
    ]);
    await writeFile(path.join(folder.root, 'elsewhere/real.txt'), two);
    await expect.poll(() => folder.stateOf('github'), patience).toBe('ready https://two.example');
    await writeFile(path.join(folder.root, 'far/b.yaml'), '');
    await expect.poll(() => folder.stateOf('b'), patience).toBe('none');
    await mkdir(path.join(folder.root, 'farther'));
    await writeFile(path.join(folder.root, 'farther/b.yaml'), httpEndpoint('b', 'https://farther.example'));
    await symlink('farther', path.join(folder.root, 'linked.new'));
    await rename(path.join(folder.root, 'linked.new'), path.join(folder.root, 'linked'));
    await expect.poll(() => folder.stateOf('b'), patience).toBe('ready https://farther.example');
  });

  test('may be deleted and made again, and again', async () => {
    const folder = await watchedFolder({ files: { 'resources/a.yaml': one } });
    for (let round = 0; round < 3; round += 1) {
      await rm(folder.resources, { recursive: true });
      await expect.poll(() => folder.stateOf('github'), patience).toBe('none');
      await mkdir(folder.resources);
      await writeFile(path.join(folder.resources, 'a.yaml'), one);
      await expect.poll(() => folder.stateOf('github'), patience).toBe('ready https://one.example');
      await folder.replace('resources/a.yaml', two);
      await expect.poll(() => folder.stateOf('github'), patience).toBe('ready https://two.example');
    }
    expect(folder.problems()).toContain('ResourcesPathNotFound: there is no such folder');
  });

  test('may be replaced by another at once', async () => {
    const folder = await watchedFolder({ files: { 'resources/a.yaml': one } });
    await mkdir(path.join(folder.root, 'other'));
    await writeFile(path.join(folder.root, 'other/a.yaml'), two);
    await rename(folder.resources, path.join(folder.root, 'former'));
    await rename(path.join(folder.root, 'other'), folder.resources);
    await expect.poll(() => folder.stateOf('github'), patience).toBe('ready https://two.example');
    await writeFile(path.join(folder.resources, 'a.yaml'), one);
    await expect.poll(() => folder.stateOf('github'), patience).toBe('ready https://one.example');
  });

  test('may appear later, with the folder that it is in', async () => {
    const folder = await watchedFolder({ args: ['--resources-path=ROOT/later/on'] });
    await mkdir(path.join(folder.root, 'later/on'), { recursive: true });
    await writeFile(path.join(folder.root, 'later/on/a.yaml'), one);
    await expect.poll(() => folder.stateOf('github'), patience).toBe('ready https://one.example');
  });

  test('is looked at from time to time, for what no watch can tell', async () => {
    const folder = await watchedFolder({
      args: ['--resources-path=ROOT/some/where/else'],
      prepare: async (root) => {
        for (const [parent, text] of [
          ['some', one],
          ['other', two],
        ] as const) {
          await mkdir(path.join(root, parent, 'where/else'), { recursive: true });
          await writeFile(path.join(root, parent, 'where/else/a.yaml'), text);
        }
      },
    });
    // Only the way to the folder changes, at a step that nobody watches.
    await rename(path.join(folder.root, 'some'), path.join(folder.root, 'former'));
    await rename(path.join(folder.root, 'other'), path.join(folder.root, 'some'));
    const lookAndSee = (): string => {
      folder.lookAgain();
      return folder.stateOf('github');
    };
    await expect.poll(lookAndSee, patience).toBe('ready https://two.example');
    await writeFile(path.join(folder.root, 'some/where/else/a.yaml'), one);
    await expect.poll(() => folder.stateOf('github'), patience).toBe('ready https://one.example');
  });

  test('keeps what a file held while it is half written', async () => {
    const all = ['a', 'b', 'c'].map((name) => httpEndpoint(name, `https://${name}.example`)).join('---\n');
    const changed = all.replace('https://a.example', 'https://new.example');
    const folder = await watchedFolder({ files: { 'resources/all.yaml': all } });
    const applied = folder.tables.length;
    const middle = changed.indexOf('kind', changed.indexOf('---'));
    const file = await open(path.join(folder.resources, 'all.yaml'), 'w');
    await file.write(changed.slice(0, middle));
    await waitUntil(() => folder.problems().length > 0);
    await file.write(changed.slice(middle));
    await file.close();
    await waitUntil(() => folder.lines.some(({ message }) => message === 'a problem of a resource is over'));
    expect(folder.stateOf('a')).toBe('ready https://new.example');
    // Only the one change was ever in force: b and c never went away.
    expect(folder.tables.length).toBe(applied + 1);
    expect(folder.tables.every((table) => table.endpointsByName.size === 3)).toBe(true);
  });

  test('applies nothing when the change says the same', async () => {
    const folder = await watchedFolder({ files: { 'resources/a.yaml': one } });
    const applied = folder.tables.length;
    await folder.replace('resources/a.yaml', `# a comment\n${one}`);
    await appendFile(path.join(folder.resources, 'a.yaml'), '---\nhas: no kind\n');
    await waitUntil(() => folder.problems().length > 0);
    expect(folder.tables).toHaveLength(applied);
  });

  test('leaves the objects of every other endpoint as they are', async () => {
    const folder = await watchedFolder({
      files: { 'resources/a.yaml': one, 'resources/b.yaml': httpEndpoint('b', 'https://b') },
    });
    const before = folder.endpoint('b');
    await folder.replace('resources/a.yaml', two);
    await expect.poll(() => folder.stateOf('github'), patience).toBe('ready https://two.example');
    expect(folder.endpoint('b')).toBe(before);
  });

  test('says in one line what each table brought', async () => {
    const folder = await watchedFolder({ files: { 'resources/a.yaml': one } });
    await folder.replace('resources/a.yaml', httpEndpoint('other', 'nowhere'));
    await expect.poll(() => folder.stateOf('github'), patience).toBe('none');
    const lines = folder.lines.filter(({ message }) => message === 'endpoint table applied');
    const compileMs: unknown = expect.any(Number);
    expect(lines.map(({ fields }) => fields)).toEqual([
      {
        component: 'subscribe',
        revision: folder.tables[0]?.revision,
        ready: 1,
        refused: 0,
        appeared: 'github',
        compileMs,
      },
      {
        component: 'subscribe',
        revision: folder.tables[1]?.revision,
        ready: 0,
        refused: 1,
        appeared: 'other',
        disappeared: 'github',
        compileMs,
      },
    ]);
  });
});

import { mkdir, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import { watchPlacesFor } from '../../../proxy/source/watch-places.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

describe('watchPlacesFor', () => {
  let root: string;

  beforeEach(async () => {
    root = await temporaryFolder();
  });

  /** Directories relative to the root, each with the names of interest. */
  async function places(...paths: readonly string[]): Promise<Record<string, readonly string[] | 'all'>> {
    const found = await watchPlacesFor(paths.map((name) => path.join(root, name)));
    return Object.fromEntries(
      [...found].map(([directory, names]) => [
        path.relative(root, directory) || '.',
        names === null ? 'all' : [...names],
      ]),
    );
  }

  test('of a folder: everything in it, and itself', async () => {
    await mkdir(path.join(root, 'resources'));
    expect(await places('resources')).toEqual({ '.': ['resources'], resources: 'all' });
  });

  test('of a file: its name, as editors rename another file to it', async () => {
    await writeFile(path.join(root, 'secrets.json'), '{}');
    expect(await places('secrets.json')).toEqual({ '.': ['secrets.json'] });
  });

  test('of something that is not there yet: the first step that is missing', async () => {
    expect(await places('not/there/yet.yaml')).toEqual({ '.': ['not'] });
  });

  test('of a file in a Kubernetes volume: each link on the way and the file at the end', async () => {
    await mkdir(path.join(root, 'volume/..2026_1'), { recursive: true });
    await writeFile(path.join(root, 'volume/..2026_1/a.yaml'), '');
    await symlink('..2026_1', path.join(root, 'volume/..data'));
    await symlink('..data/a.yaml', path.join(root, 'volume/a.yaml'));
    expect(await places('volume/a.yaml')).toEqual({ volume: ['a.yaml', '..data'], 'volume/..2026_1': ['a.yaml'] });
  });

  test('of a folder behind absolute and relative links', async () => {
    await mkdir(path.join(root, 'real/resources'), { recursive: true });
    await symlink(path.join(root, 'real'), path.join(root, 'absolute'));
    await symlink('absolute/../real/resources', path.join(root, 'relative'));
    expect(await places('relative')).toEqual({
      '.': ['relative', 'absolute'],
      real: ['resources'],
      'real/resources': 'all',
    });
  });

  test('of links that lead in a circle: the links, and an end', async () => {
    await symlink('b', path.join(root, 'a'));
    await symlink('a', path.join(root, 'b'));
    expect(await places('a')).toEqual({ '.': ['a', 'b'] });
  });

  test('of a file that lies in a folder that is watched anyway: nothing more', async () => {
    await mkdir(path.join(root, 'resources'));
    await writeFile(path.join(root, 'resources/secrets.json'), '{}');
    expect(await places('resources', 'resources/secrets.json')).toEqual({ '.': ['resources'], resources: 'all' });
  });
});

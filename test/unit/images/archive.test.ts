import { execFile } from 'node:child_process';
import { chmod, readFile, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, test } from 'vitest';
import { packLayer, writeArchive } from '../../../images/archive.ts';
import { imagePlans } from '../../../images/image-plans.ts';
import { RootFolder } from '../../../images/root-folder.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

const run = promisify(execFile);
const [plan] = imagePlans({ version: '1.2.3', nodeFlags: [] });

describe.runIf(process.platform === 'linux')('archive', () => {
  test('the same files give the same bytes, whatever their order, times and rights', async () => {
    const one = await packed(['/b/x.txt', '/a.txt']);
    const other = await packed(['/a.txt', '/b/x.txt'], async (root) => {
      await utimes(join(root, 'a.txt'), 5, 5);
      await chmod(join(root, 'a.txt'), 0o600);
      await chmod(join(root, 'b'), 0o700);
    });
    expect(other.digest).toBe(one.digest);
    expect(await readFile(other.file)).toEqual(await readFile(one.file));
  });

  test('files belong to root and can be read by everybody; only programs can be run', async () => {
    const { layer } = await packed(['/bin/program', '/a.txt']);
    const { stdout } = await run('tar', ['--numeric-owner', '--utc', '-tvf', layer]);
    const lines = stdout
      .trimEnd()
      .split('\n')
      .map((line) => line.split(/\s+/));
    expect(lines.map(([mode, owner, , day, , path]) => [mode, owner, day, path])).toEqual([
      ['-rw-r--r--', '0/0', '1970-01-01', 'a.txt'],
      ['drwxr-xr-x', '0/0', '1970-01-01', 'bin/'],
      ['-rwxr-xr-x', '0/0', '1970-01-01', 'bin/program'],
    ]);
  });
});

async function packed(
  paths: readonly string[],
  change: (root: string) => Promise<void> = () => Promise.resolve(),
): Promise<{ readonly digest: string; readonly file: string; readonly layer: string }> {
  const folder = await temporaryFolder();
  const root = await RootFolder.create(join(folder, 'root'));
  for (const path of paths) await root.write(path, path);
  await root.finish(['/bin/program']);
  await change(root.path);
  if (plan === undefined) throw new Error('there is no plan');
  const [file, layer] = [join(folder, 'image.tar'), join(folder, 'layer.tar')];
  const layers = [await packLayer(root.path, layer)];
  return { digest: await writeArchive({ ...plan, layers, file }), file, layer };
}

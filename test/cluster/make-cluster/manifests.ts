/** The manifests that a newcomer applies: examples/cluster, or a copy with the ports of this run where those are taken. */
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join, relative } from 'node:path';

const source = join(import.meta.dirname, '..', '..', '..', 'examples', 'cluster');

/** What examples/cluster names. */
export const manifestPort = 6601;

/** The folder to apply. */
export async function manifestsFor(options: { readonly port: number; readonly folder: string }): Promise<string> {
  if (options.port === manifestPort) return relative(process.cwd(), source);
  const copy = join(options.folder, 'manifests');
  await mkdir(copy, { mode: 0o700 });
  for (const name of await readdir(source)) {
    const text = await readFile(join(source, name), 'utf8');
    await writeFile(join(copy, name), text.replaceAll(`127.0.0.1:${manifestPort}`, `127.0.0.1:${options.port}`));
  }
  return copy;
}

/** Makes images for the node, as archives that need no registry: one program and what it needs, in one layer. */
import { mkdtemp, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { packLayer, writeArchive } from '../../../images/archive.ts';
import { imageUser } from '../../../images/base-layer.ts';
import { RootFolder } from '../../../images/root-folder.ts';

export interface ImageOptions {
  /** With a tag other than `latest`, so that a node never asks a registry for it. */
  readonly name: string;
  /** Paths in the image, and the files that go there. */
  readonly files: Readonly<Record<string, string>>;
  readonly entrypoint: readonly [program: string, ...args: readonly string[]];
  /** Where the archive goes. */
  readonly archive: string;
}

/** Writes an archive. All its files may be run. */
export async function writeImageArchive({ name, files, entrypoint, archive }: ImageOptions): Promise<void> {
  const work = await mkdtemp(join(dirname(archive), 'image-'));
  try {
    const root = await RootFolder.create(join(work, 'root'));
    for (const [path, file] of Object.entries(files)) await root.copy(file, path);
    await root.finish(Object.keys(files));
    const layers = [await packLayer(root.path, join(work, 'layer.tar'))];
    const config = { User: imageUser, WorkingDir: '/', Env: [], Entrypoint: entrypoint, Labels: {} };
    await writeArchive({ reference: name, config, layers, file: archive });
  } finally {
    await rm(work, { recursive: true });
  }
}

/** Gives the node an image that runs one program by Node.js. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Cluster } from './connect-cluster.ts';
import { nodeFiles, writeImageArchive } from './image-archive.ts';

export interface ProgramImage {
  /** With a tag other than `latest`, so that the node never asks a registry for it. */
  readonly name: string;
  /** JavaScript, as a module. */
  readonly source: string;
}

/** Resolves when pods may use the image. Its arguments are the program's. */
export async function importProgram(
  cluster: Pick<Cluster, 'importImage'>,
  { name, source }: ProgramImage,
): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'farpoint-program-'));
  try {
    const program = join(folder, 'program.mjs');
    await writeFile(program, source);
    const archive = join(folder, 'image.tar');
    await writeImageArchive({
      name,
      files: { ...(await nodeFiles()), '/program.mjs': program },
      entrypoint: ['/usr/local/bin/node', '/program.mjs'],
      archive,
    });
    await cluster.importImage(archive);
  } finally {
    await rm(folder, { recursive: true });
  }
}

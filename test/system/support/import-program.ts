/** Gives the node an image that runs one program by Node.js. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Cluster } from './connect-cluster.ts';
import { imageNode } from '../../../images/base-layer.ts';
import { sharedLibraries } from '../../../images/shared-libraries.ts';
import { writeImageArchive } from './write-image-archive.ts';

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
    const libraries = (await sharedLibraries(process.execPath)).map((library) => [library, library] as const);
    const files = { [imageNode]: process.execPath, ...Object.fromEntries(libraries), '/program.mjs': program };
    await writeImageArchive({ name, files, entrypoint: [imageNode, '/program.mjs'], archive });
    await cluster.importImage(archive);
  } finally {
    await rm(folder, { recursive: true });
  }
}

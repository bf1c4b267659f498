/** Farpoint's images, made of these very sources, on the node of a cluster. */
import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { buildImages } from '../../../images/build-images.ts';
import type { Cluster } from './connect-cluster.ts';

/** Not that of `make images`, which another run may build by a container engine: the two would take turns in it. */
const folder = join(import.meta.dirname, '../../../.run/images');

/** Makes them and gives them to the node: the first time that a cluster is asked, so once in a run of tests. */
export async function importImages(cluster: Cluster): Promise<void> {
  const mark = join(cluster.access.folder, 'images-imported');
  if (existsSync(mark)) return;
  for (const { file } of await buildImages({ folder, engine: null })) await cluster.importImage(file);
  await writeFile(mark, '');
}

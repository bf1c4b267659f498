/** Farpoint's images, made of these very sources, on the node of a cluster. */
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Cluster } from './connect-cluster.ts';

const root = join(import.meta.dirname, '../../..');
const archives = ['farpoint-proxy.tar', 'farpoint-operator.tar'].map((name) => join(root, 'dist/images', name));

/** Makes them and gives them to the node: the first time that a cluster is asked, so once in a run of tests. */
export async function importImages(cluster: Cluster): Promise<void> {
  const mark = join(cluster.access.folder, 'images-imported');
  if (existsSync(mark)) return;
  await promisify(execFile)('make', ['images'], { cwd: root });
  for (const archive of archives) await cluster.importImage(archive);
  await writeFile(mark, '');
}

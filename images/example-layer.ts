/** The layer of the guide's image: the applications of examples/kubernetes, and curl to call from beside them. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { buildProgram } from '../scripts/bundles.ts';
import { nodeNotice } from './notices/node-notice.ts';
import { noticesText } from './notices/notice.ts';
import { systemNotices } from './notices/system-notices.ts';
import { RootFolder } from './root-folder.ts';
import { sharedLibraries } from './shared-libraries.ts';

const machineCurl = '/usr/bin/curl';
const imageCurl = '/usr/local/bin/curl';

export interface ExampleLayerOptions {
  readonly folder: string;
  /** What the layer below has already. */
  readonly libraries: readonly string[];
}

/** Fills the folder. */
export async function assembleExampleLayer({ folder, libraries }: ExampleLayerOptions): Promise<void> {
  if (!existsSync(machineCurl)) throw new Error(`the example's image needs ${machineCurl}: install curl`);
  const layer = await RootFolder.create(folder);
  await buildProgram('examples/kubernetes/application/main.ts', join(layer.path, 'farpoint/example.js'));
  await layer.copy(machineCurl, imageCurl);
  const below = new Set(libraries);
  const more = (await sharedLibraries(machineCurl)).filter((library) => !below.has(library));
  for (const library of more) await layer.copy(library, library);
  const notices = [await nodeNotice(), ...(await systemNotices([machineCurl, ...libraries, ...more]))];
  await layer.write('/farpoint/NOTICES.txt', noticesText(notices));
  await layer.finish([imageCurl, ...more]);
}

/** The layer of one image: its program, what V8 compiled of it, and whose work is in it. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { buildProgram, buildScript } from '../scripts/bundles.ts';
import type { ProgramName } from './image-plans.ts';
import { nodeNotice } from './notices/node-notice.ts';
import { noticesText } from './notices/notice.ts';
import { packageFolders, packageNotices } from './notices/package-notices.ts';
import { systemNotices } from './notices/system-notices.ts';
import { scriptFiles } from './programs/compiled-script.ts';
import { RootFolder } from './root-folder.ts';
import { writeCompiled } from './warm-up/write-compiled.ts';

const root = join(import.meta.dirname, '..');

export interface ProgramLayerOptions {
  readonly name: ProgramName;
  readonly folder: string;
  readonly nodeFlags: readonly string[];
  /** Of the layer below. */
  readonly libraries: readonly string[];
}

/** Fills the folder. */
export async function assembleProgramLayer(options: ProgramLayerOptions): Promise<void> {
  const { name, nodeFlags } = options;
  const layer = await RootFolder.create(options.folder);
  const folder = join(layer.path, 'farpoint');
  const script = join(folder, scriptFiles(name).source);
  const metafile = await buildScript(`cli/${name}-command.ts`, script);
  // It is read as one byte a character.
  const strange = /[^\p{ASCII}].{0,40}/u.exec(await readFile(script, 'utf8'));
  if (strange !== null) throw new Error(`the script of ${name} is not ASCII; use \\u in the source: ${strange[0]}`);
  await buildProgram(`images/programs/${name}.ts`, join(folder, `${name}.js`));
  await writeCompiled({ name, folder, nodeFlags });
  const notices = [
    await nodeNotice(),
    ...(await packageNotices(root, packageFolders(metafile))),
    ...(await systemNotices(options.libraries)),
  ];
  await layer.write('/farpoint/LICENSE.txt', await readFile(join(root, 'LICENSE'), 'utf8'));
  await layer.write('/farpoint/NOTICES.txt', noticesText(notices));
  await layer.finish([]);
}

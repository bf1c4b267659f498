/** Licences of the npm packages that went into a script. */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Metafile } from 'esbuild';
import type { Notice } from './notice.ts';

/** All allow copying in binary form with the text beside it. Another one: read it, then add it here. */
const allowedLicences = new Set([
  'MIT',
  'ISC',
  'BSD-2-Clause',
  'BSD-3-Clause',
  'Apache-2.0',
  '0BSD',
  'Unlicense',
  // Model License 1.0.0 of the Blue Oak Council: whoever gets a copy gets its text.
  'BlueOak-1.0.0',
]);
const packageFolder = /^(?:.*\/)?node_modules\/(?:@[^/]+\/)?[^/]+(?=\/)/;
const licenceFile = /^(?:(?:un)?licen[cs]e|copying|notice)(?:[.-].*)?$/i;

/** Folders of the packages of which something is in the output, sorted. Pure. */
export function packageFolders({ outputs }: Metafile): readonly string[] {
  const files = Object.values(outputs).flatMap(({ inputs }) => Object.keys(inputs));
  const folders = files.flatMap((file) => packageFolder.exec(file)?.[0] ?? []);
  return [...new Set(folders)].toSorted();
}

/** One notice a package. Rejects, naming each package that has no licence text or a licence that is not allowed. */
export async function packageNotices(root: string, folders: readonly string[]): Promise<readonly Notice[]> {
  const mistakes: string[] = [];
  const notices: Notice[] = [];
  for (const folder of folders) {
    const { name, version, license } = await readManifest(join(root, folder));
    const files = (await readdir(join(root, folder))).filter((file) => licenceFile.test(file)).toSorted();
    if (!allowedLicences.has(license))
      mistakes.push(`${folder}: licence ${license} is not in the list of allowed ones`);
    if (files.length === 0) mistakes.push(`${folder}: there is no licence text`);
    const texts = await Promise.all(files.map((file) => readFile(join(root, folder, file), 'utf8')));
    notices.push({ title: `${name} ${version} (${license})`, text: texts.join('\n\n') });
  }
  if (mistakes.length > 0) throw new Error(`not to be passed on in an image:\n${mistakes.join('\n')}`);
  return notices;
}

interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly license: string;
}

async function readManifest(folder: string): Promise<Manifest> {
  const { name, version, license } = JSON.parse(await readFile(join(folder, 'package.json'), 'utf8')) as {
    [field in keyof Manifest]?: unknown;
  };
  return { name: String(name), version: String(version), license: typeof license === 'string' ? license : 'none' };
}

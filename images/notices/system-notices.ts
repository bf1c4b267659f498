/** Licences of the libraries of the machine that an image holds. Debian keeps them beside each package. */
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import type { Notice } from './notice.ts';

const run = promisify(execFile);
const commonLicence = /\/usr\/share\/common-licenses\/[\w.-]*\w/g;

/** One notice for each package that the files belong to, and the licences that those refer to, in full. */
export async function systemNotices(files: readonly string[]): Promise<readonly Notice[]> {
  const packages = new Set<string>();
  for (const file of files) packages.add(await packageOf(file));
  const notices: Notice[] = [];
  const licences = new Set<string>();
  for (const name of [...packages].toSorted()) {
    const { stdout: version } = await run('dpkg-query', ['--show', '--showformat=${Version}', name]);
    const [folder = name] = name.split(':');
    const text = await readFile(`/usr/share/doc/${folder}/copyright`, 'utf8');
    for (const licence of text.match(commonLicence) ?? []) licences.add(licence);
    notices.push({ title: `${folder} ${version} (Debian)`, text });
  }
  for (const licence of [...licences].toSorted())
    notices.push({ title: licence, text: await readFile(licence, 'utf8') });
  return notices;
}

/** With a merged /usr, a file is known by the path with /usr or by the one without. */
async function packageOf(file: string): Promise<string> {
  for (const path of [file, file.startsWith('/usr/') ? file.slice('/usr'.length) : `/usr${file}`]) {
    const found = await run('dpkg-query', ['--search', path]).catch(() => null);
    const name = found?.stdout.split(': ')[0];
    if (name !== undefined) return name;
  }
  throw new Error(`no Debian package owns ${file}, so its licence is not known: images are made on Debian or Ubuntu`);
}

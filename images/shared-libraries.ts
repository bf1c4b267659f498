/** What a program of this machine needs beside it to run elsewhere. */
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';

/** glibc loads these by name when a host name is looked up; newer ones hold them and keep empty files for old programs. */
const loadedByName = ['libnss_dns.so.2', 'libnss_files.so.2', 'libresolv.so.2'];

/** Paths of the loader and of every library, sorted. Rejects when one is missing. */
export async function sharedLibraries(program: string): Promise<readonly string[]> {
  const { stdout } = await promisify(execFile)('ldd', [program], { env: { PATH: '/usr/bin:/bin', LC_ALL: 'C' } });
  const found = librariesFrom(stdout);
  const [libc] = found.filter((path) => path.endsWith('/libc.so.6'));
  const more = libc === undefined ? [] : loadedByName.map((name) => join(dirname(libc), name)).filter(existsSync);
  return [...new Set([...found, ...more])].toSorted();
}

/** Reads what ldd prints. Throws when a library is not found. Pure. */
export function librariesFrom(printed: string): readonly string[] {
  const missing = [...printed.matchAll(/^\s*(\S+) => not found/gm)].map(([, name]) => name);
  if (missing.length > 0) throw new Error(`these libraries are not installed: ${missing.join(', ')}`);
  return [...printed.matchAll(/^\s*(?:\S+ => )?(\/\S+) \(0x/gm)].map(([, path = '']) => path);
}

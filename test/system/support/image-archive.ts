/** Makes images for the node, as archives that need no registry and nothing but tar. */
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { copyFile, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

export interface ImageOptions {
  /** With a tag other than `latest`, so that a node never asks a registry for it. */
  readonly name: string;
  /** Paths in the image, and the files that go there. */
  readonly files: Readonly<Record<string, string>>;
  readonly entrypoint: readonly string[];
  /** Where the archive goes. */
  readonly archive: string;
}

/** Writes an archive of one layer, in the format of `docker save`. */
export async function writeImageArchive({ name, files, entrypoint, archive }: ImageOptions): Promise<void> {
  const work = await mkdtemp(join(tmpdir(), 'farpoint-image-'));
  try {
    const root = join(work, 'root');
    for (const [path, file] of Object.entries(files)) {
      await mkdir(dirname(join(root, path)), { recursive: true });
      await copyFile(file, join(root, path));
    }
    await pack(root, join(work, 'layer.tar'));
    const layer = createHash('sha256').update(await readFile(join(work, 'layer.tar')));
    const config = {
      architecture: process.arch === 'x64' ? 'amd64' : process.arch,
      os: 'linux',
      config: { Entrypoint: entrypoint },
      rootfs: { type: 'layers', diff_ids: [`sha256:${layer.digest('hex')}`] },
    };
    await writeFile(join(work, 'config.json'), JSON.stringify(config));
    const manifest = [{ Config: 'config.json', RepoTags: [name], Layers: ['layer.tar'] }];
    await writeFile(join(work, 'manifest.json'), JSON.stringify(manifest));
    await rm(root, { recursive: true });
    await pack(work, archive);
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

async function pack(folder: string, archive: string): Promise<void> {
  await run('tar', [
    '--create',
    '--numeric-owner',
    '--owner=0',
    '--group=0',
    `--file=${archive}`,
    `--directory=${folder}`,
    '.',
  ]);
}

/**
 * The files of an image that runs Node.js: this very program, the shared libraries that it needs, and those that the C
 * library loads to look names up.
 */
export async function nodeFiles(): Promise<Readonly<Record<string, string>>> {
  const { stdout } = await run('ldd', [process.execPath]);
  const libraries = [...stdout.matchAll(/(?:=> )?(\/\S+) \(0x/g)].flatMap(([, path]) => path ?? []);
  const libc = libraries.find((path) => path.endsWith('/libc.so.6'));
  if (libc === undefined) throw new Error('ldd names no C library of this program');
  const lookUp = ['libnss_dns.so.2', 'libnss_files.so.2', 'libresolv.so.2'].map((name) => join(dirname(libc), name));
  const all = [...libraries, ...lookUp].map((path) => [path, path] as const);
  return { '/usr/local/bin/node': process.execPath, ...Object.fromEntries(all) };
}

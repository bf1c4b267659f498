/**
 * Writes an image as one file, as `docker save` does: `ctr -n k8s.io images import`, `docker load` and `podman load` take it.
 * The same folders give the same bytes. Needs GNU tar, whose options leave nothing of the machine in an archive.
 */
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { link, mkdtemp, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { promisify } from 'node:util';
import type { ImageConfig } from './image-plans.ts';

export interface Layer {
  /** An archive of its files, in the folder of the archive. */
  readonly file: string;
  /** Hex. */
  readonly sha256: string;
}

export interface ArchiveOptions {
  readonly reference: string;
  readonly config: ImageConfig;
  /** From the lowest to the highest. */
  readonly layers: readonly Layer[];
  readonly file: string;
}

/** Everything that differs between machines and times is left out: owners, names of owners, times, the order of a folder. */
const tarOptions = ['--format=ustar', '--sort=name', '--mtime=@0', '--owner=0', '--group=0', '--numeric-owner'];
const architectures: Readonly<Record<string, string>> = { x64: 'amd64', arm64: 'arm64' };

/** Packs a folder. */
export async function packLayer(folder: string, file: string): Promise<Layer> {
  await pack(folder, await readdir(folder), file);
  return { file, sha256: await sha256Of(file) };
}

/** Writes the archive; returns the digest of the image's configuration, by which docker and Kubernetes know the image. */
export async function writeArchive({ reference, config, layers, file }: ArchiveOptions): Promise<string> {
  const imageJson = JSON.stringify({
    architecture: architectures[process.arch] ?? process.arch,
    os: 'linux',
    created: '1970-01-01T00:00:00Z',
    config,
    rootfs: { type: 'layers', diff_ids: layers.map(({ sha256 }) => `sha256:${sha256}`) },
    history: layers.map(() => ({ created: '1970-01-01T00:00:00Z', created_by: 'make images' })),
  });
  const digest = createHash('sha256').update(imageJson).digest('hex');
  const folder = await mkdtemp(join(dirname(file), '.archive-'));
  try {
    const manifest = [
      { Config: `${digest}.json`, RepoTags: [reference], Layers: layers.map(({ sha256 }) => `${sha256}.tar`) },
    ];
    await writeFile(join(folder, `${digest}.json`), imageJson);
    await writeFile(join(folder, 'manifest.json'), JSON.stringify(manifest));
    for (const layer of layers) await link(layer.file, join(folder, `${layer.sha256}.tar`));
    await pack(folder, await readdir(folder), `${file}.part`);
    await rename(`${file}.part`, file);
    return `sha256:${digest}`;
  } finally {
    await rm(folder, { recursive: true });
  }
}

async function pack(folder: string, names: readonly string[], file: string): Promise<void> {
  const modes = '--mode=u=rwX,go=rX';
  await promisify(execFile)('tar', [...tarOptions, modes, '--directory', folder, '-cf', file, ...names.toSorted()]);
}

async function sha256Of(file: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(file), hash);
  return hash.digest('hex');
}

/** Builds the images into a folder: `farpoint-<name>.tar`, and the folders that they are made of. */
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { glob, mkdir, mkdtemp, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { nodeFlagsIn } from '../scripts/node-flags-in.ts';
import { packLayer, writeArchive, type Layer } from './archive.ts';
import { assembleBaseLayer } from './base-layer.ts';
import type { ContainerEngine } from './container-engine.ts';
import { assembleExampleLayer } from './example-layer.ts';
import { imagePlans, programNames, type ImageName, type ImagePlan } from './image-plans.ts';
import { assembleProgramLayer } from './program-layer.ts';

const root = join(import.meta.dirname, '..');
/** All that an image depends on, except for the libraries of the machine. */
const sources = [
  '{cli,crds,examples,images,operator,proxy,scripts,shared}/**/*.*',
  'images/Dockerfile',
  'package-lock.json',
  'package.json',
  'LICENSE',
];

export interface BuiltImage {
  readonly name: ImageName;
  readonly reference: string;
  readonly file: string;
  /** The digest of its configuration; `''` when a container engine built it, which has its own way to count. */
  readonly digest: string;
}

export interface BuildImagesOptions {
  readonly folder: string;
  /** `null`: none is needed, and the result depends on the machine less. */
  readonly engine: ContainerEngine | null;
}

/** Builds them unless the folder holds what the same sources gave. */
export async function buildImages(options: BuildImagesOptions): Promise<readonly BuiltImage[]> {
  const record = join(options.folder, 'built.json');
  const key = await digestOfSources(options.engine?.name ?? 'none');
  const former = await readRecord(record);
  if (former?.key === key && former.images.every(({ file }) => existsSync(file))) return former.images;
  await rm(record, { force: true });
  const images = await buildAll(options);
  await writeFile(record, JSON.stringify({ key, images }));
  return images;
}

/** In a folder of its own, until all is there: another build of the same folder may be under way. */
async function buildAll({ folder, engine }: BuildImagesOptions): Promise<readonly BuiltImage[]> {
  await mkdir(folder, { recursive: true });
  const work = await mkdtemp(join(folder, '.build-'));
  try {
    const { version } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8')) as { version: string };
    const nodeFlags = nodeFlagsIn(await readFile(join(root, 'cli/main.ts'), 'utf8'));
    await assembleLayers(work, nodeFlags);
    const images: BuiltImage[] = [];
    for (const plan of imagePlans({ version, nodeFlags })) {
      const file = `farpoint-${plan.name}.tar`;
      const built =
        engine === null
          ? await packImage(plan, work, file)
          : await engine.build({ plan, version, folder: work, file: join(work, file) }).then(() => ({ digest: '' }));
      images.push({ name: plan.name, reference: plan.reference, file: join(folder, file), ...built });
    }
    for (const entry of [...images.map(({ file }) => basename(file)), 'base', ...images.map(({ name }) => name)]) {
      await rm(join(folder, entry), { recursive: true, force: true });
      await rename(join(work, entry), join(folder, entry));
    }
    return images;
  } finally {
    await rm(work, { recursive: true });
  }
}

async function assembleLayers(folder: string, nodeFlags: readonly string[]): Promise<void> {
  const libraries = await assembleBaseLayer(join(folder, 'base'));
  for (const name of programNames) {
    await assembleProgramLayer({ name, folder: join(folder, name), nodeFlags, libraries });
  }
  await assembleExampleLayer({ folder: join(folder, 'example'), libraries });
}

async function packImage(
  { name, reference, config }: ImagePlan,
  folder: string,
  file: string,
): Promise<{ digest: string }> {
  const layers: readonly Layer[] = [
    await packLayer(join(folder, 'base'), join(folder, 'base.tar')),
    await packLayer(join(folder, name), join(folder, `${name}.tar`)),
  ];
  return { digest: await writeArchive({ reference, config, layers, file: join(folder, file) }) };
}

async function digestOfSources(engine: string): Promise<string> {
  const hash = createHash('sha256').update(`${process.version} ${process.arch} ${engine}`);
  const files = await Array.fromAsync(glob([...sources], { cwd: root }));
  for (const file of files.toSorted()) {
    if ((await stat(join(root, file))).isFile()) hash.update(`\n${file}\n`).update(await readFile(join(root, file)));
  }
  return hash.digest('hex');
}

async function readRecord(file: string): Promise<{ key: string; images: readonly BuiltImage[] } | null> {
  try {
    return JSON.parse(await readFile(file, 'utf8')) as { key: string; images: readonly BuiltImage[] };
  } catch {
    return null;
  }
}

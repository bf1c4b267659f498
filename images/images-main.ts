/**
 * `make images`: builds the images into dist/images and prints their sizes. By docker or buildah where one works, else
 * without; ENGINE=none always without.
 */
import { stat } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { buildImages } from './build-images.ts';
import { findContainerEngine } from './container-engine.ts';
import { compressedBytes } from './compressed-bytes.ts';

const root = join(import.meta.dirname, '..');
const asked = process.env['ENGINE'] ?? '';
if (asked !== '' && asked !== 'none') {
  process.stderr.write(`ENGINE=${asked} is not known: give none, or leave it out.\n`);
  process.exit(1);
}
const engine = asked === 'none' ? null : await findContainerEngine();

process.stdout.write(`building ${engine === null ? 'without a container engine' : `with ${engine.name}`}\n`);
for (const { reference, file, digest } of await buildImages({ folder: join(root, 'dist/images'), engine })) {
  const [{ size }, compressed] = [await stat(file), await compressedBytes(file)];
  const sizes = `${megabytes(size)} MB, compressed ${megabytes(compressed)} MB`;
  process.stdout.write(`${reference}  ${sizes}  ${relative(root, file)}  ${digest}\n`);
}

function megabytes(bytes: number): string {
  return (bytes / 1_000_000).toFixed(1);
}

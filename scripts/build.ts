/** `make build`: writes the bundles to dist/ and prints their sizes. */
import { rmSync } from 'node:fs';
import path from 'node:path';
import { buildBundles } from './bundles.ts';

const folder = path.join(import.meta.dirname, '../dist');

rmSync(folder, { recursive: true, force: true });
const { outputs } = await buildBundles(folder);
for (const [file, { bytes }] of Object.entries(outputs)) {
  process.stdout.write(`${file.padEnd(48)} ${(bytes / 1000).toFixed(0).padStart(6)} kB\n`);
}

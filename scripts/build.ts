/** `make build`: writes the bundles to dist/ and prints their sizes. */
import { chmodSync, rmSync } from 'node:fs';
import path from 'node:path';
import { buildBundles } from './bundles.ts';

const folder = path.join(import.meta.dirname, '../dist');

// Not the whole folder: images/ is in it too, and takes longer.
for (const former of ['chunks', 'farpoint.js', 'proxy.js'])
  rmSync(path.join(folder, former), { recursive: true, force: true });
const { outputs } = await buildBundles(folder);
for (const program of ['farpoint.js', 'proxy.js']) chmodSync(path.join(folder, program), 0o755);
for (const [file, { bytes }] of Object.entries(outputs)) {
  process.stdout.write(`${file.padEnd(48)} ${(bytes / 1000).toFixed(0).padStart(6)} kB\n`);
}

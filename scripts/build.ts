/** `make build`: bundles dist/farpoint.js (everything) and dist/proxy.js (what a pod runs), and what both load on demand. */
import { build, type BuildOptions, type Metafile } from 'esbuild';
import { rmSync } from 'node:fs';
import path from 'node:path';

const root = path.join(import.meta.dirname, '..');

/** Some packages are CommonJS and call require for what Node brings along. */
const requireBanner =
  "import { createRequire as createRequireOfBundle } from 'node:module';\nconst require = createRequireOfBundle(import.meta.url);";

const options = {
  absWorkingDir: root,
  bundle: true,
  format: 'esm',
  platform: 'node',
  target: 'node26',
  outdir: 'dist',
  chunkNames: 'chunks/[name]-[hash]',
  splitting: true,
  minifySyntax: true,
  legalComments: 'none',
  metafile: true,
  banner: { js: requireBanner },
  logLevel: 'warning',
} satisfies BuildOptions;

rmSync(path.join(root, 'dist'), { recursive: true, force: true });
const { metafile } = await build({
  ...options,
  entryPoints: [
    { in: 'cli/main.ts', out: 'farpoint' },
    { in: 'cli/proxy-main.ts', out: 'proxy' },
  ],
});
process.stdout.write(sizes(metafile));

function sizes({ outputs }: Metafile): string {
  return Object.entries(outputs)
    .map(([file, { bytes }]) => `${file.padEnd(48)} ${(bytes / 1000).toFixed(0).padStart(6)} kB\n`)
    .join('');
}

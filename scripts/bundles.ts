/** Bundles the program with esbuild: `farpoint.js` (everything) and `proxy.js`, and one script each for the images. */
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { build, type BuildOptions, type Metafile, type Plugin } from 'esbuild';

/** Some packages are CommonJS and call require for what Node brings along. */
const requireBanner = `import { createRequire as createRequireOfBundle } from 'node:module';
const require = createRequireOfBundle(import.meta.url);`;

/**
 * Two packages that winston loads and a pod need not pay for: a copy of Node's own streams, and debug output that is
 * off. Measured without them: 2 MB less memory and 30 ms less time to start.
 */
const replacements: ReadonlyMap<string, string> = new Map([
  ['readable-stream', "module.exports = require('node:stream');"],
  ['readable-stream/lib/_stream_writable.js', "module.exports = require('node:stream').Writable;"],
  ['@dabh/diagnostics', 'module.exports = () => () => false;'],
]);

/** What undici loads and the proxy has off: its second HTTP/1 parser, and its HTTP/2 client (ours is proxy/upstream). */
const unusedParts: ReadonlyMap<RegExp, string> = new Map([
  [/\/milo\/(?:no-)?simd(?:\.js)?$/, "throw new Error('undici is bundled without its second parser');"],
  [
    /\/client-h2(?:\.js)?$/,
    "module.exports = () => { throw new Error('undici is bundled without its HTTP/2 client'); };",
  ],
]);

const replacePackages: Plugin = {
  name: 'replace-packages',
  setup(building) {
    building.onResolve({ filter: /^(readable-stream|@dabh\/diagnostics)/ }, ({ path: name }) => {
      if (replacements.has(name)) return { path: name, namespace: 'replaced' };
      return { errors: [{ text: `${name} has no replacement: add one to scripts/bundles.ts` }] };
    });
    for (const [filter, contents] of unusedParts) {
      building.onResolve({ filter }, ({ importer, path: name }) =>
        importer.includes('/undici/') ? { path: name, namespace: 'unused', pluginData: contents } : undefined,
      );
    }
    building.onLoad({ filter: /.*/, namespace: 'unused' }, ({ pluginData }: { pluginData: string }) => ({
      contents: pluginData,
    }));
    building.onLoad({ filter: /.*/, namespace: 'replaced' }, ({ path: name }) => ({
      contents: replacements.get(name) ?? '',
    }));
  },
};

/**
 * An ES import of a module of Node reads every export of it at once. Of node:http, reading `WebSocket` loads Node's own
 * copy of undici (70 ms, several MB); node:http2 takes 40 ms and few callers speak it. Here an export is read when used.
 */
const lazyNodeModules: Plugin = {
  name: 'lazy-node-modules',
  setup(building) {
    building.onResolve({ filter: /^node:http2?$/ }, ({ path: name }) => ({ path: name, namespace: 'lazy' }));
    building.onLoad({ filter: /.*/, namespace: 'lazy' }, ({ path: name }) => {
      const names = JSON.stringify(Object.keys(process.getBuiltinModule(name) ?? {}));
      const read = `process.getBuiltinModule('${name}')[key]`;
      return {
        contents: `for (const key of ${names}) Object.defineProperty(exports, key, { enumerable: true, get: () => ${read} });`,
      };
    });
  },
};

/** esbuild writes text in ASCII, but leaves regular expressions as they are: cel-js has one with a micro sign. */
const asciiRegularExpressions: Plugin = {
  name: 'ascii-regular-expressions',
  setup(building) {
    building.onLoad({ filter: /\/node_modules\/@marcbachmann\/cel-js\/.*\.js$/ }, async ({ path: file }) => {
      const text = await readFile(file, 'utf8');
      const escaped = (character: string): string => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
      return { contents: text.replace(/[^\x00-\x7f]/g, escaped) };
    });
  },
};

const root = path.join(import.meta.dirname, '..');

const sameForAll = {
  absWorkingDir: root,
  bundle: true,
  platform: 'node',
  target: 'node26',
  minifySyntax: true,
  legalComments: 'none',
  plugins: [replacePackages, lazyNodeModules, asciiRegularExpressions],
  metafile: true,
  logLevel: 'warning',
} as const satisfies BuildOptions;

/** Writes both bundles, and the chunks that they load on demand, to a folder. Returns what went into each. */
export async function buildBundles(outputFolder: string): Promise<Metafile> {
  const { metafile } = await build({
    ...sameForAll,
    entryPoints: [
      { in: 'cli/main.ts', out: 'farpoint' },
      { in: 'cli/proxy-main.ts', out: 'proxy' },
    ],
    outdir: outputFolder,
    // Chunks that are not loaded take no memory; measured: 2 MB less than one file, and no slower to start.
    splitting: true,
    chunkNames: 'chunks/[name]-[hash]',
    format: 'esm',
    banner: { js: requireBanner },
  });
  return metafile;
}

/**
 * Writes a module and all that it imports as one expression, a function of `require`, `module` and `exports`: what
 * `vm.Script` takes, and V8 can keep compiled as a whole. Returns what went into it.
 */
export async function buildScript(entry: string, outputFile: string): Promise<Metafile> {
  const { metafile } = await build({
    ...sameForAll,
    entryPoints: [entry],
    outfile: outputFile,
    format: 'cjs',
    // The text stays in memory for what is compiled later: a third of it is comments and indentation. Names stay.
    minifyWhitespace: true,
    lineLimit: 160,
    banner: { js: '(function (require, module, exports) {' },
    footer: { js: '})' },
  });
  return metafile;
}

/** Writes a small program that imports little. */
export async function buildProgram(entry: string, outputFile: string): Promise<void> {
  await build({ ...sameForAll, entryPoints: [entry], outfile: outputFile, format: 'cjs' });
}

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { buildBundles } from '../../../scripts/bundles.ts';
import { FarpointProcess, startProxyProcess } from './farpoint-process.ts';

type Bundles = Awaited<ReturnType<typeof buildBundles>>;

let folder = '';
let bundles: Bundles;

beforeAll(async () => {
  folder = mkdtempSync(path.join(tmpdir(), 'farpoint-bundles-'));
  bundles = await buildBundles(folder);
});

afterAll(() => {
  rmSync(folder, { recursive: true });
});

/** Every source that a bundle holds or loads on demand. */
function sourcesOf(entryPoint: string): readonly string[] {
  const start = Object.keys(bundles.outputs).find((file) => bundles.outputs[file]?.entryPoint === entryPoint);
  const files = new Set(start === undefined ? [] : [start]);
  for (const file of files) {
    for (const { path: imported, external } of bundles.outputs[file]?.imports ?? [])
      if (external !== true) files.add(imported);
  }
  return [...files].flatMap((file) => Object.keys(bundles.outputs[file]?.inputs ?? {}));
}

/** Every source that is loaded together with this one, without what is loaded on demand. */
function loadedWith(source: string): readonly string[] {
  const start = Object.keys(bundles.outputs).find((file) => bundles.outputs[file]?.entryPoint === source);
  const files = new Set(start === undefined ? [] : [start]);
  for (const file of files) {
    for (const { path: imported, kind, external } of bundles.outputs[file]?.imports ?? [])
      if (external !== true && kind !== 'dynamic-import') files.add(imported);
  }
  return [...files].flatMap((file) => Object.keys(bundles.outputs[file]?.inputs ?? {}));
}

describe('dist/proxy.js', () => {
  test('loads only the mode that it runs in', () => {
    const folders = /^(node_modules\/yaml|proxy\/source)\//;
    const cluster = /^proxy\/subscribe\/(control-plane|channel|table-cache)/;
    const isLoaded = (source: string, what: RegExp): boolean => loadedWith(source).some((loaded) => what.test(loaded));
    expect([isLoaded('proxy/start-proxy.ts', folders), isLoaded('proxy/start-proxy.ts', cluster)]).toEqual([
      false,
      false,
    ]);
    expect(isLoaded('proxy/subscribe/folder-tables.ts', folders)).toBe(true);
    expect(isLoaded('proxy/subscribe/folder-tables.ts', cluster)).toBe(false);
    expect(isLoaded('proxy/subscribe/control-plane-tables.ts', cluster)).toBe(true);
    expect(isLoaded('proxy/subscribe/control-plane-tables.ts', folders)).toBe(false);
  });

  test('loads what circuit breakers need only when one is configured', () => {
    const packages = /^node_modules\/(opossum|@marcbachmann\/cel-js)\//;
    const loaded = (source: string): readonly string[] => [
      ...new Set(loadedWith(source).flatMap((file) => packages.exec(file)?.[1] ?? [])),
    ];
    expect(loaded('proxy/start-proxy.ts')).toEqual([]);
    expect(loaded('proxy/subscribe/control-plane-tables.ts')).toEqual([]);
    expect(loaded('proxy/resilience/breaker-factory.ts').toSorted()).toEqual(['@marcbachmann/cel-js', 'opossum']);
  });

  test('holds the proxy and nothing of the operator, the tests or the tools', () => {
    const sources = sourcesOf('cli/proxy-main.ts');
    expect(sources).toContain('proxy/start-proxy.ts');
    expect(sources.filter((source) => /^(operator|test|scripts|examples)\//.test(source))).toEqual([]);
    expect(sources.filter((source) => /node_modules\/(express|@kubernetes|@peculiar)\//.test(source))).toEqual([]);
  });

  test('holds the small zod, not the one that takes 14 MB', () => {
    expect(sourcesOf('cli/proxy-main.ts').filter((source) => source.includes('zod/v4/classic'))).toEqual([]);
  });

  test('runs where no package is installed: serves, logs and ends', async () => {
    const { farpoint, url } = await startProxyProcess([], { program: path.join(folder, 'proxy.js') });
    expect((await fetch(`${url}/v1.0/healthz/outbound`)).status).toBe(204);
    farpoint.child.kill('SIGTERM');
    const { code, stderr } = await farpoint.ended;
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(farpoint.log.map(({ msg }) => msg)).toContain('shutdown is complete');
  });
});

describe('dist/farpoint.js', () => {
  test('runs the commands', async () => {
    const program = path.join(folder, 'farpoint.js');
    expect(await new FarpointProcess(['proxy', '--version'], { program }).ended).toMatchObject({ code: 0, stderr: '' });
    expect(await new FarpointProcess(['bogus'], { program }).ended).toMatchObject({ code: 2 });
  });
});

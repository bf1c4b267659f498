/** A real proxy in this process, over a folder of its own, on free ports. */
import { mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { onTestFinished } from 'vitest';
import { runProxy, type ProxyInTest } from './run-proxy.ts';

export interface TestProxyOptions {
  /** Manifests by file name. */
  readonly resources?: Readonly<Record<string, string>>;
  /** A Configuration manifest. */
  readonly configuration?: string;
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

export interface TestProxy extends Omit<ProxyInTest, 'stop'> {
  /** `http://127.0.0.1:<port>`, without a slash at the end. */
  readonly origin: string;
  /** The folder that `--resources-path` names. */
  readonly folder: string;
  readonly configFile: string;
  /** Writes a file of the folder as editors do, and resolves when another table is in force. */
  change(file: string, text: string | null): Promise<void>;
}

/** Starts a proxy for app `orders` in namespace `default`; it ends with the test. */
export async function startTestProxy(options: TestProxyOptions = {}): Promise<TestProxy> {
  const root = await mkdtemp(join(tmpdir(), 'farpoint-test-'));
  const folder = join(root, 'resources');
  const configFile = join(root, 'config.yaml');
  await mkdir(folder);
  for (const [file, text] of Object.entries(options.resources ?? {})) await writeFile(join(folder, file), text);
  if (options.configuration !== undefined) await writeFile(configFile, options.configuration);
  const { port, running, lines, stop } = await runProxy(
    [
      `--resources-path=${folder}`,
      ...(options.configuration === undefined ? [] : [`--config=${configFile}`]),
      ...(options.args ?? []),
    ],
    options.env,
  );
  onTestFinished(async () => {
    await stop();
    await rm(root, { recursive: true, force: true });
  });
  return {
    origin: `http://127.0.0.1:${port}`,
    port,
    running,
    folder,
    configFile,
    lines,
    change: async (file, text) => {
      const before = running.tableRevision();
      await replaceFile(join(folder, file), text);
      await waitUntil(() => running.tableRevision() !== before);
    },
  };
}

/** Polls until the condition holds; the test's own time limit ends it otherwise. */
export async function waitUntil(condition: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await condition())) await pause(5);
}

async function replaceFile(path: string, text: string | null): Promise<void> {
  if (text === null) return rm(path);
  await writeFile(`${path}.new`, text);
  await rename(`${path}.new`, path);
}

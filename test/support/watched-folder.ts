/** FolderTables over a real folder, with every table that it applies. */
import { mkdir, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { systemClock, type Clock } from '#shared/clock/clock.ts';
import { proxySettingsFrom } from '#shared/settings/proxy-settings-from.ts';
import type { Endpoint, EndpointTable } from '#shared/table/endpoint-table.ts';
import { FolderTables } from '../../proxy/subscribe/folder-tables.ts';
import { memoryLogger, type LogLine } from './memory-logger.ts';
import { waitUntil } from './start-test-proxy.ts';
import { temporaryFolder } from './temporary-folder.ts';

export interface WatchedFolderOptions {
  /** Files by path below the root; `resources/` is what is read. */
  readonly files?: Readonly<Record<string, string | Buffer>>;
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** Further preparations, with the root as argument. */
  readonly prepare?: (root: string) => Promise<void>;
}

/** Timers at least this long are the source's looks from time to time. */
const rescanMs = 1000;

export interface WatchedFolder {
  readonly root: string;
  readonly resources: string;
  readonly tables: readonly EndpointTable[];
  readonly lines: readonly LogLine[];
  table(): EndpointTable;
  endpoint(name: string): Endpoint | undefined;
  /** `ready https://api.example.com`, `refused SecretNotFound` or `none`. */
  stateOf(name: string): string;
  /** Messages of the problems that were logged so far, `<reason>: <text>`. */
  problems(): readonly string[];
  /** Lets it be time for the next look, which otherwise never comes. */
  lookAgain(): void;
  /** Writes a file of the root as editors do: another file, renamed. */
  replace(path: string, text: string): Promise<void>;
}

/** Starts to watch, and resolves with the first table in force. It ends with the test. */
export async function watchedFolder(options: WatchedFolderOptions = {}): Promise<WatchedFolder> {
  const root = await temporaryFolder();
  const resources = join(root, 'resources');
  await mkdir(resources);
  for (const [path, content] of Object.entries(options.files ?? {})) await writeFile(join(root, path), content);
  await options.prepare?.(root);
  const args = (options.args ?? []).map((arg) => arg.replaceAll('ROOT', root));
  const settings = proxySettingsFrom(['--app-id=orders', `--resources-path=${resources}`, ...args], options.env ?? {});
  const tables: EndpointTable[] = [];
  const lines: LogLine[] = [];
  const abort = new AbortController();
  // Whatever must be heard of by watching is not found by looking from time to time instead.
  const looks = new Set<() => void>();
  const clock: Clock = {
    ...systemClock,
    after: (delayMs, run) => {
      if (delayMs < rescanMs) return systemClock.after(delayMs, run);
      looks.add(run);
      return { cancel: () => void looks.delete(run) };
    },
  };
  const folderTables = new FolderTables({
    settings,
    logger: memoryLogger(lines),
    clock,
    apply: (table) => tables.push(table),
  });
  let hasEnded = false;
  const running = folderTables.run(abort.signal).finally(() => (hasEnded = true));
  await Promise.race([running, waitUntil(() => hasEnded || tables.length > 0)]);
  onTestFinished(async () => {
    abort.abort();
    await running;
  });
  const table = (): EndpointTable => {
    const last = tables.at(-1);
    if (last === undefined) throw new TypeError('no table was applied');
    return last;
  };
  const endpoint = (name: string): Endpoint | undefined => table().endpointsByName.get(name);
  return {
    root,
    resources,
    tables,
    lines,
    table,
    endpoint,
    stateOf: (name) => stateOf(endpoint(name)),
    problems: () => lines.filter(({ message }) => message === 'a resource has a problem').map(problemText),
    lookAgain: () => {
      for (const look of looks) look();
    },
    replace: async (path, text) => {
      await writeFile(join(root, `${path}.new`), text);
      await rename(join(root, `${path}.new`), join(root, path));
    },
  };
}

function stateOf(endpoint: Endpoint | undefined): string {
  if (endpoint === undefined) return 'none';
  return endpoint.state === 'ready'
    ? `ready ${endpoint.baseUrl.origin}${endpoint.baseUrl.path}`
    : `refused ${endpoint.reason}`;
}

function problemText({ fields }: LogLine): string {
  return `${String(fields['reason'])}: ${String(fields['problem'])}`;
}

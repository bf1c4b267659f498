/**
 * Keeps the last table over a restart of the container, in a folder on a memory-backed volume and nowhere else: it holds
 * secrets. The file is a stream of the push channel behind one line that says whose it is.
 */
import { constants, open, rename, rm, statfs, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import * as z from 'zod/mini';
import type { Clock } from '#shared/clock/clock.ts';
import type { Logger } from '#shared/logger/logger.ts';
import { maxMessageLength, parsePushMessage } from '#shared/push/push-message.ts';
import { encodeEndpoint } from '#shared/table/endpoint-codec.ts';
import { encodeOptions } from '#shared/table/options-codec.ts';
import { HeldTable } from './held-table.ts';
import { LineSplitter } from './line-splitter.ts';
import { TableDraft, type TableDraftOptions } from './table-draft.ts';

export interface TableCacheOptions {
  readonly folder: string;
  readonly appId: string;
  readonly namespace: string;
  readonly drafting: TableDraftOptions;
  readonly clock: Clock;
  readonly logger: Logger;
}

const fileName = 'table.ndjson';
const format = 1;
const betweenWritesMs = 1000;
const endpointsPerWrite = 100;
/** tmpfs and ramfs, as Linux numbers file systems. */
const memoryFileSystems: readonly number[] = [0x0102_1994, 0x8584_58f6];

const headerSchema = z.object({ format: z.literal(format), appId: z.string(), namespace: z.string() });

export class TableCache {
  readonly #options: TableCacheOptions;
  readonly #path: string;
  #next: HeldTable | null = null;
  #wake: (() => void) | null = null;
  #failureLogged = '';

  constructor(options: TableCacheOptions) {
    this.#options = options;
    this.#path = join(options.folder, fileName);
  }

  /** The table that a proxy of this name left behind; `null` when there is none, or none that can be used. */
  async read(): Promise<HeldTable | null> {
    const { logger } = this.#options;
    await this.#warnOfDisk();
    try {
      await using file = await open(this.#path, constants.O_RDONLY | constants.O_NONBLOCK);
      if (!(await file.stat()).isFile()) throw new Error('it is not a regular file');
      return await this.#readTable(file);
    } catch (error) {
      if (codeOf(error) === 'ENOENT') return null;
      logger.warn('the table cache cannot be used', { path: this.#path, reason: sentenceOf(error) });
      return null;
    }
  }

  /** Takes a table to be written soon; a newer one replaces it. */
  offer(held: HeldTable): void {
    this.#next = held;
    this.#wake?.();
  }

  /** Writes what is offered, once a second at most; resolves when the signal is aborted and the last of it is written. */
  async run(signal: AbortSignal): Promise<void> {
    const { clock, logger } = this.#options;
    signal.addEventListener('abort', () => this.#wake?.(), { once: true });
    for (;;) {
      const held = await this.#offered(signal);
      if (held === null) return;
      try {
        await this.#write(held);
        this.#failureLogged = '';
      } catch (error) {
        const reason = sentenceOf(error);
        if (reason !== this.#failureLogged)
          logger.warn('the table cache cannot be written', { path: this.#path, reason });
        this.#failureLogged = reason;
      }
      await clock.sleep(betweenWritesMs, signal);
    }
  }

  async #offered(signal: AbortSignal): Promise<HeldTable | null> {
    while (this.#next === null && !signal.aborted) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    const held = this.#next;
    this.#next = null;
    return held;
  }

  async #readTable(file: FileHandle): Promise<HeldTable | null> {
    const { drafting, appId, namespace, logger } = this.#options;
    const draft = new TableDraft(HeldTable.none(), drafting);
    const lines: string[] = [];
    const splitter = new LineSplitter({
      maxLineBytes: maxMessageLength,
      onLine: (line) => lines.push(line),
      onOverlongLine: () => draft.spoil('a line is too long'),
    });
    let header: z.infer<typeof headerSchema> | null = null;
    let held: HeldTable | null = null;
    for await (const chunk of file.createReadStream({ autoClose: false })) {
      if (Buffer.isBuffer(chunk)) splitter.push(chunk);
      for (const line of lines.splice(0)) {
        if (header === null) {
          header = headerFrom(line);
          if (header.appId === appId && header.namespace === namespace) continue;
          logger.warn('the table cache cannot be used', {
            path: this.#path,
            reason: 'it belongs to another application',
          });
          return null;
        }
        held = restored(draft, line) ?? held;
      }
    }
    if (held === null) throw new Error('it is not complete');
    return held;
  }

  async #write(held: HeldTable): Promise<void> {
    const { appId, namespace } = this.#options;
    const { receivedByName, options, table } = held;
    const newPath = `${this.#path}.new`;
    await rm(newPath, { force: true });
    const file = await open(newPath, 'wx', 0o600);
    try {
      await file.writeFile(lineOf({ format, appId, namespace }));
      const endpoints = [...receivedByName.values()];
      for (let first = 0; first < endpoints.length; first += endpointsPerWrite) {
        const some = endpoints.slice(first, first + endpointsPerWrite);
        await file.writeFile(
          some.map((endpoint) => lineOf({ type: 'UPSERT', endpoint: encodeEndpoint(endpoint) })).join(''),
        );
      }
      await file.writeFile(lineOf({ type: 'SYNCED', revision: table.revision, options: encodeOptions(options) }));
    } catch (error) {
      await file.close();
      await rm(newPath, { force: true });
      throw error;
    }
    await file.close();
    await rename(newPath, this.#path);
  }

  async #warnOfDisk(): Promise<void> {
    const { folder, logger } = this.#options;
    try {
      const { type } = await statfs(folder);
      if (process.platform !== 'linux' || memoryFileSystems.includes(type)) return;
      logger.warn('the table cache is not on a memory-backed volume, so secrets reach a disk', { folder });
    } catch (error) {
      logger.warn('the table cache has no folder', { folder, reason: sentenceOf(error) });
    }
  }
}

function headerFrom(line: string): z.infer<typeof headerSchema> {
  const result = z.safeParse(headerSchema, JSON.parse(line));
  if (!result.success) throw new Error('its first line is not as it should be');
  return result.data;
}

/** The table, when the line completes it. Throws Error when it cannot be used. */
function restored(draft: TableDraft, line: string): HeldTable | null {
  const message = parsePushMessage(line);
  if (message.type === 'UPSERT') draft.upsert(message.endpoint, line.length);
  if (message.type !== 'SYNCED') return null;
  const outcome = draft.sync(message);
  if (outcome.state === 'usable') return outcome.held;
  throw new Error(outcome.reasons[0]?.message ?? 'its table cannot be used');
}

function lineOf(value: unknown): string {
  return `${JSON.stringify(value)}\n`;
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : '';
}

/** System errors by their code; JSON's own quote the text, which holds secrets. */
function sentenceOf(error: unknown): string {
  if (error instanceof SyntaxError) return 'it is not JSON';
  const code = codeOf(error);
  return code === '' && error instanceof Error ? error.message : code;
}

import { existsSync, statfsSync } from 'node:fs';
import { mkdir, readdir, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { encodeEndpoint } from '#shared/table/endpoint-codec.ts';
import { encodeOptions } from '#shared/table/options-codec.ts';
import { optionsOf } from '#shared/table/options-of.ts';
import type { EndpointTable } from '#shared/table/endpoint-table.ts';
import { HeldTable } from '../../../proxy/subscribe/held-table.ts';
import { SharedDocuments } from '../../../proxy/subscribe/shared-documents.ts';
import { TableCache } from '../../../proxy/subscribe/table-cache.ts';
import { TableDraft } from '../../../proxy/subscribe/table-draft.ts';
import { httpEndpoint } from '../../support/http-endpoint.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { memoryLogger, type LogLine } from '../../support/memory-logger.ts';
import { waitUntil } from '../../support/start-test-proxy.ts';
import { tableOf } from '../../support/table-of.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import { endpointManifest, secretManifest } from '../../support/tls-manifests.ts';

const memoryFolder = '/dev/shm';
const drafting = {
  filling: { env: new Map<string, string>(), allowedEnvNames: null, fingerprintKey: 'k' },
  documents: new SharedDocuments(),
};
const one = tableOf(
  endpointManifest({ name: 'one', baseUrl: 'http://a.example', headers: { 'X-Key': { secret: 's', key: 'k' } } }),
  secretManifest('s', { k: 'the-secret' }),
);
const two = tableOf(httpEndpoint('one', 'http://a.example'), httpEndpoint('two', 'http://b.example'));
const many = tableOf(...Array.from({ length: 250 }, (_, index) => httpEndpoint(`e${index}`, 'http://a.example')));

function heldOf(table: EndpointTable): HeldTable {
  const draft = new TableDraft(HeldTable.none(), drafting);
  for (const endpoint of table.endpointsByName.values()) draft.upsert(encodeEndpoint(endpoint), 1);
  const outcome = draft.sync({ type: 'SYNCED', revision: table.revision, options: optionsOf(table) });
  if (outcome.state === 'refused') throw new Error(JSON.stringify(outcome.reasons));
  return outcome.held;
}

interface Bench {
  readonly folder: string;
  readonly file: string;
  readonly cache: TableCache;
  readonly clock: ManualClock;
  readonly lines: readonly LogLine[];
  /** Resolves when nothing is written any more. */
  readonly stop: () => Promise<void>;
  /** Another proxy's cache in the same folder. */
  readonly other: (appId: string, namespace: string) => TableCache;
}

async function start(folder?: string): Promise<Bench> {
  const path = folder ?? (await temporaryFolder());
  const clock = new ManualClock();
  const lines: LogLine[] = [];
  const other = (appId: string, namespace: string): TableCache =>
    new TableCache({ folder: path, appId, namespace, drafting, clock, logger: memoryLogger(lines) });
  const cache = other('orders', 'shop');
  const end = new AbortController();
  const running = cache.run(end.signal);
  const stop = async (): Promise<void> => {
    end.abort();
    await running;
  };
  onTestFinished(stop);
  return { folder: path, file: join(path, 'table.ndjson'), cache, clock, lines, stop, other };
}

async function revisionIn(cache: TableCache): Promise<string | undefined> {
  return (await cache.read())?.table.revision;
}

function warnings(lines: readonly LogLine[]): readonly unknown[] {
  return lines
    .filter(({ message }) => message.startsWith('the table cache cannot'))
    .map(({ fields }) => fields['reason']);
}

describe('the table cache', () => {
  test('gives back what was put in, secrets included, from a file that only its owner may read', async () => {
    const { cache, folder, file, lines } = await start();
    expect(await cache.read()).toBeNull();
    cache.offer(heldOf(one));
    await waitUntil(async () => (await revisionIn(cache)) === one.revision);
    const held = await cache.read();
    expect(held?.table).toEqual(one);
    const endpoint = held?.table.endpointsByName.get('one');
    if (endpoint?.state !== 'ready') throw new Error('not ready');
    expect(endpoint.headers[0]?.value.reveal()).toBe('the-secret');
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    expect(await readdir(folder)).toEqual(['table.ndjson']);
    expect(warnings(lines)).toEqual([]);
  });

  test('holds a table of many endpoints', async () => {
    const { cache } = await start();
    cache.offer(heldOf(many));
    await waitUntil(async () => (await revisionIn(cache)) === many.revision);
    expect((await cache.read())?.table).toEqual(many);
  });

  test('writes once a second, and then the newest', async () => {
    const { cache, clock } = await start();
    cache.offer(heldOf(one));
    await waitUntil(async () => (await revisionIn(cache)) === one.revision);
    cache.offer(heldOf(many));
    cache.offer(heldOf(two));
    clock.advance(999);
    await new Promise((resolve) => setImmediate(resolve));
    expect(await revisionIn(cache)).toBe(one.revision);
    clock.advance(1);
    await waitUntil(async () => (await revisionIn(cache)) === two.revision);
  });

  test('writes what it was given last before it ends', async () => {
    const { cache, stop } = await start();
    cache.offer(heldOf(one));
    await waitUntil(async () => (await revisionIn(cache)) === one.revision);
    cache.offer(heldOf(two));
    await stop();
    expect(await revisionIn(cache)).toBe(two.revision);
  });

  test('overwrites what an interrupted write left behind, whatever its mode', async () => {
    const { cache, file } = await start();
    await writeFile(`${file}.new`, 'half a table', { mode: 0o666 });
    cache.offer(heldOf(one));
    await waitUntil(async () => (await revisionIn(cache)) === one.revision);
    expect((await stat(file)).mode & 0o777).toBe(0o600);
  });

  test('is of use to nobody else', async () => {
    const { cache, other, lines } = await start();
    cache.offer(heldOf(one));
    await waitUntil(async () => (await revisionIn(cache)) === one.revision);
    expect(await revisionIn(other('payments', 'shop'))).toBeUndefined();
    expect(await revisionIn(other('orders', 'other'))).toBeUndefined();
    expect(warnings(lines)).toEqual(['it belongs to another application', 'it belongs to another application']);
  });

  const header = JSON.stringify({ format: 1, appId: 'orders', namespace: 'shop' });
  const upsert = (endpoint: unknown): string => JSON.stringify({ type: 'UPSERT', endpoint });
  const encoded = [...one.endpointsByName.values()].map((endpoint) => encodeEndpoint(endpoint) as object);
  const synced = JSON.stringify({
    type: 'SYNCED',
    revision: 'r',
    options: encodeOptions(optionsOf(one)),
  });

  test.each([
    ['nothing', '', 'it is not complete'],
    ['another format', `{"format":2,"appId":"orders","namespace":"shop"}\n`, 'its first line is not as it should be'],
    ['no JSON', `the-secret\n`, 'it is not JSON'],
    ['half a table', `${header}\n${upsert(encoded[0])}\n{"type":"SYN`, 'it is not complete'],
    ['a broken message', `${header}\nthe-secret\n${synced}\n`, 'a message is not JSON'],
    ['a broken endpoint', `${header}\n${upsert({ ...encoded[0], headers: 'the-secret' })}\n${synced}\n`, 'headers'],
  ])('that holds %s is left aside with a warning', async (_what, text, reason) => {
    const { cache, file, lines } = await start();
    await writeFile(file, text);
    expect(await cache.read()).toBeNull();
    expect(warnings(lines)).toEqual([expect.stringContaining(reason) as string]);
    expect(JSON.stringify(lines)).not.toContain('the-secret');
  });

  test('says once why it cannot be written, and writes again when it can', async () => {
    const parent = await temporaryFolder();
    const folder = join(parent, 'cache');
    const { cache, clock, lines } = await start(folder);
    await cache.read();
    expect(lines.map(({ message }) => message)).toEqual(['the table cache has no folder']);
    for (const table of [one, two]) {
      cache.offer(heldOf(table));
      await waitUntil(() => warnings(lines).length === 1);
      await new Promise((resolve) => setImmediate(resolve));
      clock.advance(1000);
    }
    await mkdir(folder);
    cache.offer(heldOf(many));
    await waitUntil(async () => {
      clock.advance(1000);
      return (await readdir(folder)).includes('table.ndjson');
    });
    expect(warnings(lines)).toEqual(['ENOENT']);
  });

  test('says when its folder is not in memory', async (context) => {
    if (!existsSync(memoryFolder)) context.skip(`needs ${memoryFolder}`);
    const { cache, folder, lines } = await start();
    const isMemory = statfsSync(folder).type === statfsSync(memoryFolder).type;
    await cache.read();
    expect(lines.map(({ message }) => message)).toEqual(
      isMemory ? [] : ['the table cache is not on a memory-backed volume, so secrets reach a disk'],
    );
    const inMemory = await start(memoryFolder);
    await inMemory.cache.read();
    expect(inMemory.lines).toEqual([]);
  });

  test('that is no file is left aside', async () => {
    const { cache, file, lines } = await start();
    await mkdir(file);
    expect(await cache.read()).toBeNull();
    expect(warnings(lines)).toEqual(['it is not a regular file']);
  });
});

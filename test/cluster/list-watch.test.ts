/** A list-watch of a real API server, through a proxy that breaks what it can: no change is missed. */
import { beforeAll, describe, expect, test } from 'vitest';
import { waitUntil } from '../support/start-test-proxy.ts';
import type { LineFault, RequestFault } from './support/faults.ts';
import { installFarpoint } from './support/install-farpoint.ts';
import { mirrorEndpoints, type MirroredEndpoints, type MirrorOptions } from './support/mirrored-endpoints.ts';
import { sharedControlPlane } from './support/shared-control-plane.ts';

const shared = sharedControlPlane();
const operatorNamespace = 'list-watch-test';

beforeAll(() => installFarpoint(shared, { namespace: operatorNamespace }));

function mirrored(options: Omit<MirrorOptions, 'operatorNamespace'> = {}): Promise<MirroredEndpoints> {
  return mirrorEndpoints(shared, { operatorNamespace, ...options });
}

/** Creates, changes, deletes and replaces, so that each kind of event is there when something breaks. */
async function churn({ set, remove }: MirroredEndpoints, rounds: number): Promise<void> {
  for (let round = 0; round < rounds; round += 1) {
    await set('stays', `https://stays-${round}.example`);
    await set(`comes-${round}`, 'https://comes.example');
    await set('replaced', `https://replaced-${round}.example`);
    if (round > 0) await remove(`comes-${round - 1}`);
    await remove('replaced');
  }
}

test('a list-watch tells what there is, and what comes, changes and goes', async () => {
  const mirror = await mirrored();
  await churn(mirror, 3);
  expect(await mirror.missed()).toEqual([]);
  expect(mirror.counted).toEqual(['list first']);
  const ofReplaced = mirror.changes.filter(({ object }) => object.metadata.name === 'replaced');
  expect(ofReplaced.map(({ kind }) => kind)).toEqual(['upsert', 'delete', 'upsert', 'delete', 'upsert', 'delete']);
});

const lineFaults: readonly LineFault[] = [
  { kind: 'line-reset' },
  { kind: 'line-end' },
  { kind: 'half-line' },
  { kind: 'half-line-end' },
  { kind: 'unparsable-line' },
  { kind: 'error-line', code: 410 },
  { kind: 'error-line', code: 500 },
  { kind: 'error-line', code: 429 },
];

describe('no change is missed', () => {
  test.each(lineFaults)('when every other event of a watch is broken: %o', async (fault) => {
    const mirror = await mirrored();
    const injected = mirror.proxy.inject(fault, { on: ['watch'], chance: 0.5 });
    do await churn(mirror, 3);
    while (injected.done < 3);
    injected.clear();
    expect(await mirror.missed()).toEqual([]);
  });

  const requestFaults: readonly RequestFault[] = [
    { kind: 'reset' },
    { kind: 'status', status: 410 },
    { kind: 'status', status: 429, retryAfterSeconds: 0 },
    { kind: 'status', status: 500 },
    { kind: 'status', status: 503 },
    { kind: 'half-answer' },
    { kind: 'latency', ms: 50 },
  ];

  test.each(requestFaults)(
    'when watches and lists are answered with %o, and watches break meanwhile',
    async (fault) => {
      const mirror = await mirrored();
      mirror.proxy.inject({ kind: 'line-reset' }, { on: ['watch'], chance: 0.3 });
      const injected = mirror.proxy.inject(fault, { on: ['watch', 'list'], chance: 0.5 });
      do {
        await churn(mirror, 3);
        mirror.proxy.strike({ kind: 'error-line', code: 410 });
      } while (injected.done < 3);
      mirror.proxy.clear();
      expect(await mirror.missed()).toEqual([]);
    },
  );

  test('when a watch has gone silent', async () => {
    const mirror = await mirrored({ timing: { silenceMs: 500 } });
    expect(mirror.proxy.strike({ kind: 'line-silence' })).toBe(1);
    await churn(mirror, 2);
    expect(await mirror.missed()).toEqual([]);
    expect(mirror.counted).toContain('watch silent');
    expect(mirror.counted.filter((line) => line.startsWith('list'))).toEqual(['list first']);
  });

  test('when requests are never answered', async () => {
    const mirror = await mirrored({ requestTimeoutMs: 500 });
    const silent = mirror.proxy.inject({ kind: 'silence' }, { on: ['watch', 'list'], times: 2 });
    mirror.proxy.strike({ kind: 'error-line', code: 410 });
    await churn(mirror, 2);
    expect(await mirror.missed()).toEqual([]);
    expect(silent.done).toBe(2);
    expect(mirror.counted).toContain('list failed');
  });

  test('when everything is broken by chance', async () => {
    const mirror = await mirrored({ timing: { silenceMs: 300 } });
    for (const fault of lineFaults) mirror.proxy.inject(fault, { on: ['watch'], chance: 0.06 });
    for (const fault of requestFaults) mirror.proxy.inject(fault, { on: ['watch', 'list'], chance: 0.06 });
    mirror.proxy.inject({ kind: 'line-silence' }, { on: ['watch'], chance: 0.03 });
    await churn(mirror, 30);
    mirror.proxy.clear();
    expect(await mirror.missed()).toEqual([]);
    expect(new Set(mirror.counted).size).toBeGreaterThan(5);
  });
});

describe('what happened while nobody watched', () => {
  test('is told by the events that the API server kept', async () => {
    const mirror = await mirrored();
    await mirror.set('goes', 'https://goes.example');
    expect(await mirror.missed()).toEqual([]);
    const away = mirror.proxy.inject({ kind: 'reset' }, { on: ['watch', 'list'] });
    mirror.proxy.resetAll();
    await mirror.remove('goes');
    await mirror.set('comes', 'https://comes.example');
    await waitUntil(() => away.done > 2);
    away.clear();
    expect(await mirror.missed()).toEqual([]);
    expect(mirror.counted.filter((line) => line.startsWith('list'))).toEqual(['list first']);
  });

  test('is told by the difference where they are gone', async () => {
    const mirror = await mirrored();
    await mirror.set('goes', 'https://goes.example');
    await mirror.set('replaced', 'https://replaced.example');
    expect(await mirror.missed()).toEqual([]);
    const before = mirror.changes.length;
    const away = mirror.proxy.inject({ kind: 'reset' }, { on: ['watch', 'list'] });
    mirror.proxy.inject({ kind: 'status', status: 410 }, { on: ['watch'], times: 1 });
    mirror.proxy.resetAll();
    await mirror.remove('goes');
    await mirror.remove('replaced');
    await mirror.set('replaced', 'https://replaced.example');
    away.clear();
    expect(await mirror.missed()).toEqual([]);
    expect(mirror.counted).toContain('list expired');
    const since = mirror.changes.slice(before).map(({ kind, object }) => `${kind} ${object.metadata.name}`);
    expect(since.toSorted()).toEqual(['delete goes', 'delete replaced', 'upsert replaced']);
    expect(since.indexOf('delete replaced')).toBeLessThan(since.indexOf('upsert replaced'));
  });
});

test('a list-watch that is asked for patience is patient', async () => {
  const mirror = await mirrored();
  const refused = mirror.proxy.inject(
    { kind: 'status', status: 429, retryAfterSeconds: 1 },
    { on: ['watch'], times: 2 },
  );
  mirror.proxy.resetAll();
  await mirror.set('a', 'https://a.example');
  expect(await mirror.missed()).toEqual([]);
  expect(refused.done).toBe(2);
  expect(mirror.counted.filter((line) => line === 'watch throttled')).toHaveLength(2);
});

test('after a watch that ends in order the next one goes on', async () => {
  const mirror = await mirrored({ timing: { watchSeconds: { least: 1, most: 2 } } });
  await waitUntil(() => mirror.counted.includes('watch closed'));
  await churn(mirror, 2);
  expect(await mirror.missed()).toEqual([]);
  expect(mirror.counted.filter((line) => line.startsWith('list'))).toEqual(['list first']);
});

test('versions go on with bookmarks, so that a quiet namespace need not be listed again', async () => {
  const quiet = await mirrored({ timing: { watchSeconds: { least: 3, most: 3 } } });
  const busy = await mirrored();
  await busy.set('a', 'https://a.example');
  await waitUntil(() => busy.changes.length === 1);
  const written = Number(busy.changes[0]?.object.metadata.resourceVersion);
  await waitUntil(() => quiet.proxy.openWatches().some((watch) => versionOf(watch.path) >= written));
  expect(quiet.changes).toEqual([]);
  expect(quiet.counted.filter((line) => line.startsWith('list'))).toEqual(['list first']);
});

function versionOf(path: string): number {
  return Number(new URL(path, 'https://api').searchParams.get('resourceVersion'));
}

/** A list-watch over the ends and beginnings of an API server, and over compactions of etcd. It has a control plane of its own. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { waitUntil } from '../support/start-test-proxy.ts';
import { installFarpoint } from './support/install-farpoint.ts';
import { mirrorEndpoints, type MirroredEndpoints } from './support/mirrored-endpoints.ts';
import { startControlPlane, type ControlPlane } from './support/start-control-plane.ts';

const operatorNamespace = 'farpoint-system';
let cluster: ControlPlane;

beforeAll(async () => {
  cluster = await startControlPlane();
  await installFarpoint(cluster, { namespace: operatorNamespace });
});

afterAll(() => cluster.stop());

let mirror: MirroredEndpoints;

beforeEach(async () => {
  mirror = await mirrorEndpoints(cluster, { operatorNamespace });
  await mirror.set('stays', 'https://stays.example');
  await mirror.set('goes', 'https://goes.example');
  await mirror.missed();
});

/** While the list-watch cannot reach the API server, which runs. */
async function changeUnseen(): Promise<void> {
  await mirror.remove('goes');
  await mirror.set('comes', 'https://comes.example');
  await mirror.set('stays', 'https://changed.example');
}

describe.each([{ atOnce: false }, { atOnce: true }])('an API server that is restarted (%o)', (how) => {
  test('does not end a list-watch, neither by its absence nor by what it answers while it starts', async () => {
    await cluster.stopApiServer(how);
    await waitUntil(() => mirror.counted.length > 5);
    await cluster.startApiServer();
    await changeUnseen();
    expect(await mirror.missed()).toEqual([]);
  });

  test('is watched again when it is changed before anybody sees it', async () => {
    const away = mirror.proxy.inject({ kind: 'reset' }, { on: ['watch', 'list'] });
    await cluster.restartApiServer(how);
    await changeUnseen();
    await waitUntil(() => away.done > 2);
    away.clear();
    expect(await mirror.missed()).toEqual([]);
  });
});

describe('etcd that is compacted', () => {
  test('while nobody watches and no API server remembers, is followed by a list that tells the difference', async () => {
    const away = mirror.proxy.inject({ kind: 'reset' }, { on: ['watch', 'list'] });
    mirror.proxy.resetAll();
    await changeUnseen();
    const before = mirror.changes.length;
    await cluster.compact();
    await cluster.restartApiServer();
    away.clear();
    expect(await mirror.missed()).toEqual([]);
    expect(mirror.counted).toContain('watch expired');
    expect(mirror.counted.at(-1)).toBe('list expired');
    expect(
      mirror.changes
        .slice(before)
        .map(({ kind, object }) => `${kind} ${object.metadata.name}`)
        .toSorted(),
    ).toEqual(['delete goes', 'upsert comes', 'upsert stays']);
  });

  test('under a watch that is open, is not noticed', async () => {
    await cluster.compact();
    await changeUnseen();
    expect(await mirror.missed()).toEqual([]);
    expect(mirror.counted).toEqual(['list first']);
  });
});

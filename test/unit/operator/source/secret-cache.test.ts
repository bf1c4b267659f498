import { beforeEach, describe, expect, test } from 'vitest';
import type { KubeObject } from '../../../../operator/kube/kube-object.ts';
import type { SecretReference } from '../../../../operator/tables/secret-uses.ts';
import { SecretCache } from '../../../../operator/source/secret-cache.ts';
import { kubeObject, secretObject } from '../../../support/kube-objects.ts';
import { linkError } from '../../../support/link-error.ts';
import { ManualClock } from '../../../support/manual-clock.ts';
import { memoryLogger, type LogLine } from '../../../support/memory-logger.ts';

interface Ask {
  readonly key: string;
  answer(object: KubeObject): Promise<void>;
  fail(status: number): Promise<void>;
}

let asks: Ask[];
let changed: string[];
let clock: ManualClock;
let cache: SecretCache;
let lines: LogLine[];

beforeEach(() => {
  asks = [];
  changed = [];
  lines = [];
  clock = new ManualClock();
  cache = newCache();
  cache.run(new AbortController().signal);
});

function newCache(): SecretCache {
  return new SecretCache({
    kube: {
      get: (_type, { namespace = '', name }) => {
        const { promise, resolve, reject } = Promise.withResolvers<KubeObject>();
        const settled = promise.then(
          () => undefined,
          () => undefined,
        );
        asks.push({
          key: `${namespace}/${name}`,
          answer: (object) => {
            resolve(object);
            return settled;
          },
          fail: (status) => {
            reject(linkError(status));
            return settled;
          },
        });
        return promise;
      },
    },
    fingerprintKey: 'key',
    clock,
    logger: memoryLogger(lines),
    onChanged: (key) => changed.push(key),
    random: () => 1,
  });
}

function ask(index: number): Ask {
  const found = asks[index];
  if (found === undefined) throw new Error(`only ${asks.length} were asked for`);
  return found;
}

function token(name: string): SecretReference {
  return { secret: `default/${name}`, key: 'token' };
}

function tokenOf(key: string): string | null {
  const reading = cache.reading(key);
  return reading.state === 'loaded' ? (reading.valuesByKey.get('token')?.reveal() ?? null) : null;
}

const first = secretObject('s', { token: 'one' }, { resourceVersion: '10' });
const second = secretObject('s', { token: 'two' }, { resourceVersion: '20' });

describe('a referenced Secret', () => {
  test('is fetched, and its values cannot be printed', async () => {
    cache.setReferences('default/a', [token('s')]);
    expect(cache.reading('default/s')).toEqual({ state: 'pending' });
    await ask(0).answer(first);
    expect(tokenOf('default/s')).toBe('one');
    expect(JSON.stringify(Object.entries(cache.reading('default/s')))).not.toContain('one');
    expect(changed).toEqual(['default/s']);
    expect(cache.pendingCount).toBe(0);
  });

  test('is fetched once for several endpoints, and forgotten with the last of them', async () => {
    cache.setReferences('default/a', [token('s'), token('s')]);
    cache.setReferences('default/b', [token('s')]);
    await ask(0).answer(first);
    expect(asks).toHaveLength(1);
    cache.setReferences('default/a', []);
    expect(tokenOf('default/s')).toBe('one');
    cache.setReferences('default/b', []);
    expect(cache.size).toBe(0);
    expect(cache.reading('default/s')).toEqual({ state: 'pending' });
  });

  test('that an endpoint goes on to reference is not fetched again', async () => {
    cache.setReferences('default/a', [token('s')]);
    await ask(0).answer(first);
    cache.setReferences('default/a', [token('t'), token('s')]);
    expect(asks.map(({ key }) => key)).toEqual(['default/s', 'default/t']);
  });

  test('is fetched again when the watch shows another version', async () => {
    cache.setReferences('default/a', [token('s')]);
    await ask(0).answer(first);
    cache.upsert(kubeObject('s', { resourceVersion: '10' }));
    expect(asks).toHaveLength(1);
    cache.upsert(kubeObject('s', { resourceVersion: '20' }));
    expect(tokenOf('default/s')).toBe('one');
    await ask(1).answer(second);
    expect(tokenOf('default/s')).toBe('two');
    expect(changed).toEqual(['default/s', 'default/s']);
  });

  test('is fetched once more when it changes while it is fetched', async () => {
    cache.setReferences('default/a', [token('s')]);
    cache.upsert(kubeObject('s', { resourceVersion: '20' }));
    cache.upsert(kubeObject('s', { resourceVersion: '21' }));
    expect(asks).toHaveLength(1);
    await ask(0).answer(first);
    expect(asks).toHaveLength(2);
    await ask(1).answer(second);
    expect(asks).toHaveLength(2);
    expect(tokenOf('default/s')).toBe('two');
  });

  test('with another label and the same values changes nothing', async () => {
    cache.setReferences('default/a', [token('s')]);
    await ask(0).answer(first);
    cache.upsert(kubeObject('s', { resourceVersion: '11' }));
    await ask(1).answer(secretObject('s', { token: 'one' }, { resourceVersion: '11', labels: { a: 'b' } }));
    expect(changed).toEqual(['default/s']);
  });

  test('that is deleted is missing when a GET says so, and loaded when it has come back by then', async () => {
    cache.setReferences('default/a', [token('s')]);
    await ask(0).answer(first);
    cache.remove('default/s');
    await ask(1).fail(404);
    expect(cache.reading('default/s')).toEqual({ state: 'missing' });
    cache.remove('default/s');
    await ask(2).answer(second);
    expect(tokenOf('default/s')).toBe('two');
  });

  test('that was never there is loaded when it comes', async () => {
    cache.setReferences('default/a', [token('s')]);
    await ask(0).fail(404);
    expect(cache.reading('default/s')).toEqual({ state: 'missing' });
    cache.upsert(kubeObject('s', { resourceVersion: '10' }));
    await ask(1).answer(first);
    expect(tokenOf('default/s')).toBe('one');
  });

  test('that nobody references any more when its answer comes is not kept', async () => {
    cache.setReferences('default/a', [token('s')]);
    cache.setReferences('default/a', []);
    await ask(0).answer(first);
    expect(cache.size).toBe(0);
    expect(changed).toEqual([]);
  });

  test('of a broken form is failed, and the message holds no value', async () => {
    cache.setReferences('default/a', [token('s')]);
    await ask(0).answer(kubeObject('s', {}, { data: { token: '!s3cret!' } }));
    expect(cache.reading('default/s')).toEqual({ state: 'failed', message: 'data.token is not base64' });
  });
});

describe('of a referenced Secret', () => {
  const both = secretObject('s', { token: 'one', other: 'two' }, { resourceVersion: '10' });
  const other = { secret: 'default/s', key: 'other' };

  function heldKeys(): readonly string[] {
    const reading = cache.reading('default/s');
    return reading.state === 'loaded' ? [...reading.valuesByKey.keys()] : [];
  }

  test('only the keys that are referenced are held', async () => {
    cache.setReferences('default/a', [token('s')]);
    await ask(0).answer(both);
    expect(heldKeys()).toEqual(['token']);
    cache.upsert(kubeObject('s', { resourceVersion: '11' }));
    await ask(1).answer(secretObject('s', { token: 'one', other: 'changed' }, { resourceVersion: '11' }));
    expect(changed).toEqual(['default/s']);
  });

  test('a key that is referenced later is fetched, and is not missing until then', async () => {
    cache.setReferences('default/a', [token('s')]);
    await ask(0).answer(both);
    cache.setReferences('default/b', [other]);
    expect(cache.reading('default/s')).toEqual({ state: 'pending' });
    await ask(1).answer(both);
    expect(heldKeys()).toEqual(['token', 'other']);
    expect(changed).toEqual(['default/s', 'default/s']);
  });

  test('a key that is referenced while it is fetched is held', async () => {
    cache.setReferences('default/a', [token('s')]);
    cache.setReferences('default/b', [other]);
    await ask(0).answer(both);
    expect([heldKeys(), asks.length]).toEqual([['token', 'other'], 1]);
  });

  test('a key that nobody references any more is forgotten', async () => {
    cache.setReferences('default/a', [token('s'), other]);
    await ask(0).answer(both);
    cache.setReferences('default/a', [other]);
    expect([heldKeys(), asks.length]).toEqual([['other'], 1]);
  });
});

test('a Secret that nobody references is never fetched', () => {
  cache.upsert(kubeObject('other', { resourceVersion: '5' }));
  cache.remove('default/other');
  expect(asks).toEqual([]);
  expect(cache.size).toBe(0);
});

test('no more than eight are fetched at a time', async () => {
  for (let index = 0; index < 20; index++) cache.setReferences(`default/e${index}`, [token(`s${index}`)]);
  expect(asks).toHaveLength(8);
  await ask(3).fail(404);
  expect(asks).toHaveLength(9);
});

test('what was asked for before the run is fetched then', () => {
  const later = newCache();
  later.setReferences('default/a', [token('s')]);
  expect(asks).toEqual([]);
  later.run(new AbortController().signal);
  expect(asks).toHaveLength(1);
});

describe('when a GET fails', () => {
  test('it is tried again after a pause that grows, and nothing changes meanwhile', async () => {
    cache.setReferences('default/a', [token('s')]);
    await ask(0).fail(0);
    clock.advance(399);
    expect(asks).toHaveLength(1);
    clock.advance(1);
    expect(asks).toHaveLength(2);
    await ask(1).fail(0);
    clock.advance(799);
    expect(asks).toHaveLength(2);
    clock.advance(1);
    expect(cache.reading('default/s')).toEqual({ state: 'pending' });
    await ask(2).answer(first);
    expect(tokenOf('default/s')).toBe('one');
    expect(lines.map(({ message }) => message)).toEqual(['a Secret cannot be read']);
  });

  test('what was read before stays while no answer comes', async () => {
    cache.setReferences('default/a', [token('s')]);
    await ask(0).answer(first);
    cache.upsert(kubeObject('s', { resourceVersion: '20' }));
    for (let index = 1; index < 9; index++) {
      await ask(index).fail(0);
      clock.advance(60_000);
    }
    expect(tokenOf('default/s')).toBe('one');
  });

  test('an error that is answered three times makes it failed, and it is tried on', async () => {
    cache.setReferences('default/a', [token('s')]);
    for (let index = 0; index < 3; index++) {
      expect(cache.reading('default/s')).toEqual({ state: 'pending' });
      await ask(index).fail(500);
      clock.advance(60_000);
    }
    const message = 'the API server answers 500 when Secret default/s is read';
    expect(cache.reading('default/s')).toEqual({ state: 'failed', message });
    await ask(3).answer(first);
    expect(tokenOf('default/s')).toBe('one');
  });

  test('RBAC that forbids it makes it failed at once', async () => {
    cache.setReferences('default/a', [token('s')]);
    await ask(0).fail(403);
    const message = 'the operator may not read Secret default/s: its RBAC does not allow it';
    expect(cache.reading('default/s')).toEqual({ state: 'failed', message });
  });

  test('a change that the watch shows is asked for at once', async () => {
    cache.setReferences('default/a', [token('s')]);
    await ask(0).fail(500);
    cache.upsert(kubeObject('s', { resourceVersion: '20' }));
    expect(asks).toHaveLength(2);
    await ask(1).answer(second);
    clock.advance(60_000);
    expect(asks).toHaveLength(2);
  });
});

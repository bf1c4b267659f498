import { describe, expect, test } from 'vitest';
import { ClusterBook, orders, payments } from '../../support/cluster-book.ts';
import { ClusterFeed } from '../../support/cluster-feed.ts';
import { configurationObject, endpointObject, secretHeader, secretObject } from '../../support/cluster-objects.ts';

describe('a change', () => {
  test('is compiled where it matters and nowhere else', () => {
    const book = new ClusterBook();
    for (let n = 0; n < 20; n += 1) book.feed.apply(endpointObject(`e${n}`, { headers: [secretHeader(`s${n}`, 'k')] }));
    for (let n = 0; n < 20; n += 1) book.feed.apply(secretObject(`s${n}`, { k: 'v' }));
    book.tables.flush();
    const before = book.tables.tableFor(orders).shared.endpointsByName;
    book.feed.apply(secretObject('s7', { k: 'rotated' }));
    book.tables.flush();
    expect(book.rounds.at(-1)).toMatchObject({ endpoints: 1, changed: 1 });
    expect(book.publications.at(-1)).toEqual({
      namespaces: new Set(['shop']),
      apps: new Set(),
      endpoints: new Set(['shop/e7']),
    });
    const after = book.tables.tableFor(orders).shared.endpointsByName;
    expect([...after.keys()].filter((name) => after.get(name) !== before.get(name))).toEqual(['e7']);
  });

  test('of a scoped endpoint leaves the table of other apps the same object', () => {
    const book = new ClusterBook();
    book.feed.apply(endpointObject('all'));
    book.feed.apply(endpointObject('mine', { scopes: ['orders'] }));
    book.tables.flush();
    const [mine, theirs] = [book.tables.tableFor(orders), book.tables.tableFor(payments)];
    book.feed.apply(endpointObject('mine', { scopes: ['orders'], baseUrl: 'https://other.example' }));
    book.tables.flush();
    expect(book.tables.tableFor(payments)).toBe(theirs);
    expect(book.tables.tableFor(orders).revision).not.toBe(mine.revision);
    expect(book.tables.tableFor(orders).shared).toBe(mine.shared);
  });

  test('of a status or a label alone says nothing new, so nobody is told', () => {
    const book = new ClusterBook();
    book.feed.apply(endpointObject('a'));
    book.tables.flush();
    book.tables.markEndpoint('shop/a');
    book.tables.flush();
    expect(book.publications).toHaveLength(1);
    expect(book.reported).toEqual([['shop/a']]);
  });

  test('shows in the counts of problems, and goes from them', () => {
    const book = new ClusterBook();
    book.feed.apply(endpointObject('a', { headers: [secretHeader('key', 'k')] }));
    book.feed.apply(endpointObject('b', { baseUrl: 'nowhere' }));
    book.tables.flush();
    expect(Object.fromEntries(book.tables.problemCounts())).toEqual({ SecretNotFound: 1, InvalidBaseUrl: 1 });
    book.feed.apply(secretObject('key', { k: 'v' }));
    book.feed.delete(endpointObject('b'));
    book.tables.flush();
    expect(Object.fromEntries(book.tables.problemCounts())).toEqual({});
    expect(book.tables.reportFor('shop/b')).toBeNull();
    expect(book.reported.at(-1)?.toSorted()).toEqual(['shop/a', 'shop/b']);
  });
});

describe('a Secret that is deleted', () => {
  test('leaves its last good value in use, and the endpoint says for how long', () => {
    const book = new ClusterBook();
    book.feed.apply(endpointObject('a', { headers: [secretHeader('key', 'k')] }));
    book.feed.apply(secretObject('key', { k: 'one' }));
    book.tables.flush();
    const before = book.tables.tableFor(orders).shared.endpointsByName.get('a');
    book.feed.delete(secretObject('key', {}));
    book.tables.flush();
    expect(book.tables.tableFor(orders).shared.endpointsByName.get('a')).toBe(before);
    const [finding] = book.tables.reportFor('shop/a')?.referenceFindings ?? [];
    expect(finding?.message).toMatch(/; the last good value stays in use until the operator restarts$/);
    // Another replica, or this one after a restart.
    const restarted = new ClusterBook(book.feed);
    restarted.tables.flush();
    const refused = restarted.tables.tableFor(orders).shared.endpointsByName.get('a');
    expect(refused).toMatchObject({ state: 'refused', reason: 'SecretNotFound' });
    expect(JSON.stringify(refused)).not.toContain('last good');
  });
});

describe('an endpoint that comes back under its name', () => {
  test('inherits nothing from the one that was deleted', () => {
    const book = new ClusterBook();
    const object = endpointObject('a', { headers: [secretHeader('key', 'k')] });
    book.feed.apply(object);
    book.feed.apply(secretObject('key', { k: 'one' }));
    book.tables.flush();
    book.feed.delete(object);
    book.feed.delete(secretObject('key', {}));
    book.feed.apply(object);
    book.tables.flush();
    expect(book.tables.tableFor(orders).shared.endpointsByName.get('a')).toMatchObject({ reason: 'SecretNotFound' });
  });
});

describe('a Configuration', () => {
  test('that denies a secret takes it away from its own proxies at once', () => {
    const book = new ClusterBook();
    const strict = { ...orders, configuration: 'strict' };
    const denying = { secrets: { scopes: [{ storeName: 'kubernetes', deniedSecrets: ['key'] }] } };
    book.feed.apply(endpointObject('a', { headers: [secretHeader('key', 'k')] }));
    book.feed.apply(endpointObject('b'));
    book.feed.apply(secretObject('key', { k: 'one' }));
    book.feed.apply(configurationObject('strict', {}));
    book.tables.flush();
    expect(book.tables.tableFor(strict).shared).toBe(book.tables.tableFor(orders).shared);
    book.feed.apply(configurationObject('strict', denying));
    book.tables.flush();
    expect(book.publications.at(-1)?.namespaces).toEqual(new Set(['shop']));
    const { endpointsByName } = book.tables.tableFor(strict).shared;
    expect(endpointsByName.get('a')).toMatchObject({ state: 'refused', reason: 'SecretNotAllowed' });
    expect(endpointsByName.get('b')).toBe(book.tables.tableFor(orders).shared.endpointsByName.get('b'));
    expect(book.tables.tableFor(orders).shared.endpointsByName.get('a')).toMatchObject({ state: 'ready' });
    // Its last good value is no way around the denial.
    book.feed.delete(secretObject('key', {}));
    book.tables.flush();
    expect(book.tables.tableFor(strict).shared.endpointsByName.get('a')).toMatchObject({ reason: 'SecretNotAllowed' });
  });

  test('that denies one store sees an endpoint move to another, though its values stay', () => {
    const book = new ClusterBook();
    const strict = { ...orders, configuration: 'strict' };
    const scopes = [{ storeName: 'kubernetes', deniedSecrets: ['key'] }];
    const headers = [secretHeader('key', 'k')];
    book.feed.apply({
      kind: 'Component',
      metadata: { name: 'own', namespace: 'shop' },
      spec: { type: 'secretstores.kubernetes' },
    });
    book.feed.apply(configurationObject('strict', { secrets: { scopes } }));
    book.feed.apply(secretObject('key', { k: 'one' }));
    book.feed.apply(endpointObject('a', { headers, secretStore: 'own' }));
    book.tables.flush();
    expect(book.tables.tableFor(strict).shared.endpointsByName.get('a')).toMatchObject({ state: 'ready' });
    book.feed.apply(endpointObject('a', { headers }));
    book.tables.flush();
    expect(book.tables.tableFor(strict).shared.endpointsByName.get('a')).toMatchObject({ reason: 'SecretNotAllowed' });
  });

  test('that is not there is said once', () => {
    const book = new ClusterBook();
    book.tables.flush();
    for (let n = 0; n < 3; n += 1) book.tables.tableFor({ ...orders, configuration: 'absent' });
    expect(book.lines.filter(({ level }) => level === 'warn')).toMatchObject([
      { fields: { configuration: 'shop/absent' } },
    ]);
  });
});

describe('a bug in one endpoint', () => {
  test('closes that endpoint, is logged, and hides nothing else', () => {
    const feed = new ClusterFeed('key');
    const book = new ClusterBook(feed);
    feed.apply(endpointObject('bad', { headers: [secretHeader('bad', 'k')] }));
    feed.apply(endpointObject('good'));
    const secret = feed.secret.bind(feed);
    feed.secret = (key) => {
      if (key === 'shop/bad') throw new RangeError('a mistake of ours');
      return secret(key);
    };
    book.tables.flush();
    const { endpointsByName } = book.tables.tableFor(orders).shared;
    expect(endpointsByName.get('bad')).toMatchObject({ state: 'refused', reason: 'InternalError' });
    expect(endpointsByName.get('good')).toMatchObject({ state: 'ready' });
    expect(book.lines.filter(({ level }) => level === 'error')).toMatchObject([{ fields: { endpoint: 'shop/bad' } }]);
  });
});

describe('bounds', () => {
  test('an endpoint whose values are too long for one message is refused, and not held by every proxy', () => {
    const book = new ClusterBook();
    const headers = [0, 1, 2].map((n) => secretHeader('large', 'k', `H${n}`));
    book.feed.apply(endpointObject('a', { headers }));
    book.feed.apply(secretObject('large', { k: 'x'.repeat(1_000_000) }));
    book.tables.flush();
    expect(book.tables.tableFor(orders).shared.endpointsByName.get('a')).toMatchObject({ reason: 'EndpointTooLarge' });
  });

  test('the reason of a refusal stays short, however much is wrong', () => {
    const book = new ClusterBook();
    const headers = Array.from({ length: 1_000 }, (_, n) => secretHeader(`absent-${n}`, 'k', `H${n}`));
    book.feed.apply(endpointObject('a', { headers }));
    book.tables.flush();
    const endpoint = book.tables.tableFor(orders).shared.endpointsByName.get('a');
    const message = endpoint?.state === 'refused' ? endpoint.message : '';
    expect(message).toMatch(/^header H0: .*; and 980 more$/);
  });

  test('an endpoint that names too many apps is for nobody', () => {
    const book = new ClusterBook();
    book.feed.apply(
      endpointObject('a', { scopes: ['orders', ...Array.from({ length: 10_000 }, (_, n) => `app${n}`)] }),
    );
    book.tables.flush();
    expect(book.names()).toEqual([]);
    expect(book.tables.reportFor('shop/a')).toMatchObject({
      specFindings: [{ reason: 'TooManyScopes' }],
      revision: '',
    });
  });
});

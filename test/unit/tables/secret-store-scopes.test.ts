/** A Component may say which apps its secret store is for: what comes out of it goes to nobody else. */
import { describe, expect, test } from 'vitest';
import { ClusterBook, orders, payments } from '../../support/cluster-book.ts';
import type { FeedObject } from '../../support/cluster-feed.ts';
import { endpointObject, secretHeader, secretObject } from '../../support/cluster-objects.ts';

const headers = [secretHeader('key', 'k')];

function storeFor(scopes: readonly string[], name = 'own'): FeedObject {
  return {
    kind: 'Component',
    metadata: { name, namespace: 'shop' },
    spec: { type: 'secretstores.kubernetes' },
    scopes,
  };
}

function bookWith(...objects: readonly FeedObject[]): ClusterBook {
  const book = new ClusterBook();
  for (const object of [secretObject('key', { k: 'one' }), ...objects]) book.feed.apply(object);
  book.tables.flush();
  return book;
}

describe('the scopes of a secret store', () => {
  test('keep an endpoint of every app to the apps of the store, and the endpoint says so', () => {
    const book = bookWith(storeFor(['orders']), endpointObject('a', { headers, secretStore: 'own' }));
    expect(book.names(orders)).toEqual(['a']);
    expect(book.names(payments)).toEqual([]);
    expect(book.tables.reportFor('shop/a')).toMatchObject({
      scopes: ['orders'],
      referenceFindings: [{ reason: 'SecretStoreScoped', severity: 'warning' }],
    });
  });

  test('keep an endpoint with scopes to the apps of both', () => {
    const scopes = ['orders', 'payments'];
    const book = bookWith(storeFor(['payments', 'x']), endpointObject('a', { headers, secretStore: 'own', scopes }));
    expect(book.names(orders)).toEqual([]);
    expect(book.names(payments)).toEqual(['a']);
  });

  test('that name all apps of an endpoint change nothing', () => {
    const scopes = ['orders'];
    const book = bookWith(storeFor(['x', 'orders']), endpointObject('a', { headers, secretStore: 'own', scopes }));
    expect(book.tables.reportFor('shop/a')).toMatchObject({ scopes, referenceFindings: [] });
  });

  test('that name none of its apps leave it to nobody', () => {
    const scopes = ['orders'];
    const book = bookWith(storeFor(['payments']), endpointObject('a', { headers, secretStore: 'own', scopes }));
    expect([...book.names(orders), ...book.names(payments)]).toEqual([]);
    expect(book.tables.reportFor('shop/a')).toMatchObject({
      referenceFindings: [{ reason: 'SecretStoreNotAllowed', severity: 'error' }],
    });
  });

  test('hold for the built-in store where a Component has its name', () => {
    const book = bookWith(storeFor(['payments'], 'kubernetes'), endpointObject('a', { headers }));
    expect([book.names(orders), book.names(payments)]).toEqual([[], ['a']]);
  });

  test('are nothing to an endpoint without secrets', () => {
    const book = bookWith(storeFor(['payments']), endpointObject('a', { secretStore: 'own' }));
    expect([book.names(orders), book.names(payments)]).toEqual([['a'], ['a']]);
  });

  test('take it away at once when they change, last good value or not', () => {
    const book = bookWith(storeFor([]), endpointObject('a', { headers, secretStore: 'own' }));
    expect([book.names(orders), book.names(payments)]).toEqual([['a'], ['a']]);
    book.feed.delete(secretObject('key', {}));
    book.feed.apply(storeFor(['payments']));
    book.tables.flush();
    expect([book.names(orders), book.names(payments)]).toEqual([[], ['a']]);
    expect(book.tables.reportFor('shop/a')).toMatchObject({ usesLastGood: true });
    book.feed.apply(storeFor(['x']));
    book.tables.flush();
    expect([book.names(orders), book.names(payments)]).toEqual([[], []]);
  });
});

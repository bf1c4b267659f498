import { describe, expect, test } from 'vitest';
import { ClusterBook, orders, payments } from '../../support/cluster-book.ts';
import { endpointObject } from '../../support/cluster-objects.ts';
import { collectGarbage } from '../../support/collect-garbage.ts';
import { waitUntil } from '../../support/start-test-proxy.ts';

describe('the table of an audience', () => {
  test('is the same object for all that see the same', () => {
    const book = new ClusterBook();
    book.feed.apply(endpointObject('a'));
    book.tables.flush();
    expect(book.tables.tableFor(payments)).toBe(book.tables.tableFor(orders));
  });

  test('is forgotten, with its secrets, when there is another and no proxy has it', async () => {
    const book = new ClusterBook();
    book.feed.apply(endpointObject('a'));
    book.feed.apply(endpointObject('mine', { scopes: ['orders'] }));
    book.tables.flush();
    const former = new WeakRef(book.tables.tableFor(orders));
    book.feed.apply(endpointObject('a', { baseUrl: 'https://other.example' }));
    book.tables.flush();
    await waitUntil(() => {
      collectGarbage();
      return former.deref() === undefined;
    });
    expect(book.tables.tableFor(orders).shared.endpointsByName.size).toBe(1);
  });
});

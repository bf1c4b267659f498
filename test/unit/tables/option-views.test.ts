import { describe, expect, test } from 'vitest';
import { defaultConfiguration } from '#shared/resources/configuration.ts';
import type { ProxyAudience } from '../../../operator/tables/audience-table.ts';
import { closedConfiguration } from '../../../operator/tables/closed-configuration.ts';
import { ClusterBook, orders, payments } from '../../support/cluster-book.ts';
import type { FeedObject } from '../../support/cluster-feed.ts';
import { configurationObject } from '../../support/cluster-objects.ts';
import { collectGarbage } from '../../support/collect-garbage.ts';
import { waitUntil } from '../../support/start-test-proxy.ts';

const guardedOrders = { ...orders, configuration: 'guarded' };
const guardedPayments = { ...payments, configuration: 'guarded' };

function resiliency(timeout: string, scopes: readonly string[] = []): FeedObject {
  return {
    kind: 'Resiliency',
    metadata: { name: 'r', namespace: 'shop' },
    scopes,
    spec: { policies: { timeouts: { t: timeout } }, targets: { apps: { far: { timeout: 't' } } } },
  };
}

function timeoutMs(book: ClusterBook, audience: ProxyAudience): number | undefined {
  return book.tables.tableFor(audience).options.resilience.targets[0]?.policies.timeout?.timeoutMs;
}

describe('options', () => {
  test('are one object for all audiences with equal ones', () => {
    const book = new ClusterBook();
    book.feed.apply(resiliency('1s'));
    book.feed.apply(configurationObject('guarded', {}));
    book.tables.flush();
    const { options } = book.tables.tableFor(orders);
    for (const audience of [payments, guardedOrders, guardedPayments]) {
      expect(book.tables.tableFor(audience).options).toBe(options);
    }
    book.feed.apply(resiliency('2s', ['orders']));
    book.tables.flush();
    expect(book.tables.tableFor(orders).options).toBe(book.tables.tableFor(guardedOrders).options);
    expect(book.tables.tableFor(payments).options).not.toBe(book.tables.tableFor(orders).options);
    expect([timeoutMs(book, orders), timeoutMs(book, payments)]).toEqual([2_000, undefined]);
  });

  test('stay as they were until the round is over', () => {
    const book = new ClusterBook();
    book.feed.apply(resiliency('1s'));
    book.tables.flush();
    expect(timeoutMs(book, orders)).toBe(1_000);
    book.feed.apply(resiliency('2s'));
    expect(timeoutMs(book, orders)).toBe(1_000);
    book.tables.flush();
    expect(timeoutMs(book, orders)).toBe(2_000);
  });

  test('are published to a namespace where those of somebody changed, and only then', () => {
    const book = new ClusterBook();
    book.feed.apply(resiliency('1s'));
    book.tables.flush();
    book.tables.tableFor(orders);
    book.tables.tableFor({ ...orders, namespace: 'bank' });
    book.publications.length = 0;
    // Another generation of the same content.
    book.feed.apply(resiliency('1000ms'));
    book.tables.flush();
    expect(book.publications).toEqual([]);
    book.feed.apply(resiliency('2s'));
    book.tables.flush();
    expect(book.publications).toMatchObject([{ namespaces: new Set(['shop']), endpoints: new Set() }]);
  });

  test('of an audience that was forgotten for its age may have changed too', () => {
    const book = new ClusterBook();
    book.feed.apply(resiliency('1s', ['orders']));
    book.tables.flush();
    for (const appId of ['orders', ...Array.from({ length: 10_000 }, (_, index) => `app-${index}`)]) {
      book.tables.tableFor({ ...orders, appId });
    }
    book.publications.length = 0;
    book.feed.apply(resiliency('2s', ['orders']));
    book.tables.flush();
    expect(book.publications).toMatchObject([{ namespaces: new Set(['shop']) }]);
    expect(timeoutMs(book, orders)).toBe(2_000);
  });

  test('that nobody has any more are forgotten, with the secrets in them', async () => {
    const book = new ClusterBook();
    book.feed.apply(resiliency('1s'));
    book.tables.flush();
    const former = new WeakRef(book.tables.tableFor(orders).options);
    book.feed.apply(resiliency('2s'));
    book.tables.flush();
    await waitUntil(() => {
      collectGarbage();
      return former.deref() === undefined;
    });
    expect(timeoutMs(book, orders)).toBe(2_000);
  });

  test('allow nothing where a bug is in the way of making them, and hide no others', () => {
    const book = new ClusterBook();
    book.tables.flush();
    const resiliencies = book.feed.resiliencies.bind(book.feed);
    book.feed.resiliencies = (namespace) => {
      if (namespace === 'shop') throw new TypeError('a bug');
      return resiliencies(namespace);
    };
    const { apiAccess, pipelines } = book.tables.tableFor(orders).options;
    expect(apiAccess.allowed).toHaveLength(1);
    expect(pipelines.http).toMatchObject([{ state: 'refused', type: 'Configuration', reason: 'InternalError' }]);
    expect(book.tables.tableFor({ ...orders, namespace: 'bank' }).options.apiAccess.allowed).toEqual([]);
    expect(book.lines.filter(({ level }) => level === 'error')).toHaveLength(1);
  });
});

test('that a Configuration is not there is said again when it was there in between', () => {
  const book = new ClusterBook();
  const missing = (): number => book.lines.filter(({ message }) => message.startsWith('there is no such')).length;
  book.tables.flush();
  book.tables.tableFor(guardedOrders);
  book.tables.tableFor(guardedPayments);
  expect(missing()).toBe(1);
  book.feed.apply(configurationObject('guarded', {}));
  book.tables.flush();
  book.feed.delete(configurationObject('guarded', {}));
  book.tables.flush();
  expect(missing()).toBe(2);
});

test('a Configuration that is not there, or was never right, refuses every request by its name', () => {
  const book = new ClusterBook();
  const guards = (): unknown => book.tables.tableFor(guardedOrders).options.pipelines;
  book.tables.flush();
  const entry = { state: 'refused', name: 'guarded', type: 'Configuration' };
  const missing = 'there is no Configuration shop/guarded; nothing is allowed until there is one';
  expect(guards()).toMatchObject({ http: [{ ...entry, reason: 'ConfigurationNotFound', message: missing }], app: [] });
  book.feed.configuration = () => closedConfiguration;
  book.feed.apply(configurationObject('guarded', {}));
  book.tables.flush();
  const broken =
    'Configuration shop/guarded has mistakes, which its Events name; nothing is allowed until they are mended';
  expect(guards()).toMatchObject({ http: [{ ...entry, reason: 'InvalidConfiguration', message: broken }], app: [] });
  book.feed.configuration = () => defaultConfiguration;
  book.feed.apply(configurationObject('guarded', {}));
  book.tables.flush();
  expect(guards()).toEqual({ http: [], app: [] });
});

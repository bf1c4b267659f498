import { afterEach, describe, expect, test } from 'vitest';
import { ClusterBook, orders } from '../../support/cluster-book.ts';
import { endpointObject, secretHeader, secretObject } from '../../support/cluster-objects.ts';
import { waitUntil } from '../../support/start-test-proxy.ts';

const books: ClusterBook[] = [];

function newBook(): ClusterBook {
  const book = new ClusterBook();
  books.push(book);
  return book;
}

/** Every look at the clock seems to take longer than a slice. */
function pauseAfterEachEndpoint({ clock }: ClusterBook): void {
  const monotonicMs = clock.monotonicMs.bind(clock);
  let looks = 0;
  clock.monotonicMs = () => monotonicMs() + (looks += 20);
}

function originOf(book: ClusterBook, name: string): string {
  const endpoint = book.tables.tableFor(orders).shared.endpointsByName.get(name);
  return endpoint?.state === 'ready' ? endpoint.baseUrl.origin : 'none';
}

afterEach(async () => {
  await Promise.all(books.splice(0).map((book) => book.stop()));
});

describe('a running book', () => {
  test('makes the first tables at once, and is ready only then', async () => {
    const book = newBook();
    book.feed.apply(endpointObject('a'));
    expect(book.tables.isReady()).toBe(false);
    expect(book.tables.ageMs()).toBeNull();
    expect(() => book.tables.tableFor(orders)).toThrow('before there are any');
    book.start();
    await waitUntil(() => book.tables.isReady());
    expect(book.names()).toEqual(['a']);
    expect(book.publications).toHaveLength(1);
  });

  test('publishes once for a burst, after the hold-off', async () => {
    const book = newBook();
    book.start();
    await waitUntil(() => book.tables.isReady());
    for (const name of ['a', 'b', 'a', 'a']) book.feed.apply(endpointObject(name));
    book.clock.advance(99);
    expect(book.names()).toEqual([]);
    expect(book.tables.ageMs()).toBe(99);
    book.clock.advance(1);
    await waitUntil(() => book.publications.length === 1);
    expect(book.names()).toEqual(['a', 'b']);
    expect(book.rounds.at(-1)).toMatchObject({ endpoints: 2, changed: 2 });
    expect(book.tables.ageMs()).toBe(0);
  });

  test('misses nothing that changes while a round is under way', async () => {
    const book = newBook();
    for (let n = 0; n < 50; n += 1) book.feed.apply(endpointObject(`e${n}`));
    pauseAfterEachEndpoint(book);
    book.start();
    book.feed.apply(endpointObject('e0', { baseUrl: 'https://changed.example' }));
    book.feed.apply(endpointObject('late'));
    book.feed.delete(endpointObject('e49'));
    await waitUntil(() => book.tables.isReady());
    book.clock.advance(2_000);
    await waitUntil(() => book.names().includes('late') && !book.names().includes('e49'));
    expect(originOf(book, 'e0')).toBe('https://changed.example');
  });

  test('can be brought up to date in the middle of a round, and goes on', async () => {
    const book = newBook();
    for (let n = 0; n < 50; n += 1) book.feed.apply(endpointObject(`e${n}`));
    pauseAfterEachEndpoint(book);
    book.start();
    expect(book.tables.isReady()).toBe(false);
    book.feed.apply(endpointObject('e0', { baseUrl: 'https://changed.example' }));
    book.tables.flush();
    expect(originOf(book, 'e0')).toBe('https://changed.example');
    book.feed.apply(endpointObject('late'));
    book.clock.advance(2_000);
    await waitUntil(() => book.names().includes('late'));
    expect(originOf(book, 'e0')).toBe('https://changed.example');
  });

  test('is silent when nothing differs', () => {
    const book = newBook();
    book.feed.apply(endpointObject('a', { headers: [secretHeader('key', 'k')] }));
    book.feed.apply(secretObject('key', { k: 'one' }));
    book.tables.flush();
    const table = book.tables.tableFor(orders);
    book.feed.apply(secretObject('key', { k: 'one', unused: 'two' }));
    book.feed.apply(endpointObject('a', { headers: [secretHeader('key', 'k')] }));
    book.feed.apply(secretObject('nobody', { k: 'names it' }));
    book.tables.flush();
    expect(book.publications).toHaveLength(1);
    expect(book.tables.tableFor(orders)).toBe(table);
  });
});

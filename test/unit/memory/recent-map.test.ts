/** The map forgets one entry at a time, the one that was not asked for longest. */
import { expect, test } from 'vitest';
import { RecentMap } from '#shared/memory/recent-map.ts';

function mapOf(...keys: readonly string[]): RecentMap<string> {
  const map = new RecentMap<string>(3);
  for (const key of keys) map.set(key, `value of ${key}`);
  return map;
}

function keysOf(map: RecentMap<string>): readonly string[] {
  return [...map.entries()].map(([key]) => key);
}

test('says what it forgets, and nothing before it is full', () => {
  const map = mapOf('a', 'b');
  expect(map.set('c', 'new')).toBeNull();
  expect(map.set('d', 'new')).toBe('value of a');
  expect(map.set('e', 'new')).toBe('value of b');
  expect(keysOf(map)).toEqual(['c', 'd', 'e']);
  expect(map.size).toBe(3);
});

test('keeps what was asked for, or set again', () => {
  const map = mapOf('a', 'b', 'c');
  expect(map.get('a')).toBe('value of a');
  expect(map.set('b', 'again')).toBeNull();
  expect(map.set('d', 'new')).toBe('value of c');
  expect(keysOf(map)).toEqual(['a', 'b', 'd']);
});

test('does not count a look, nor another value in the same place', () => {
  const map = mapOf('a', 'b', 'c');
  expect(map.peek('a')).toBe('value of a');
  map.replace('a', 'another');
  expect(map.set('d', 'new')).toBe('another');
});

test('replaces only what is there', () => {
  const map = mapOf('a');
  map.replace('b', 'new');
  expect(map.peek('b')).toBeUndefined();
});

test('has room again for what is deleted, also while its entries are gone through', () => {
  const map = mapOf('a', 'b', 'c');
  for (const [key, value] of map.entries()) if (value !== 'value of b') map.delete(key);
  expect([...map.values()]).toEqual(['value of b']);
  expect([map.set('d', 'new'), map.set('e', 'new'), map.set('f', 'new')]).toEqual([null, null, 'value of b']);
});

test('asked for what it does not have, it answers undefined and stays as it is', () => {
  const map = mapOf('a', 'b');
  expect(map.get('c')).toBeUndefined();
  expect(keysOf(map)).toEqual(['a', 'b']);
});

/** The cache keeps what is used and never grows past its bound. */
import { expect, test } from 'vitest';
import { GenerationMap } from '#shared/memory/generation-map.ts';

test('holds at most two generations, whatever is put in', () => {
  const map = new GenerationMap<number>(10);
  for (let index = 0; index < 1_000; index += 1) map.set(`key-${index}`, index);
  expect(map.size).toBeLessThanOrEqual(20);
  expect(map.get('key-999')).toBe(999);
  expect(map.get('key-0')).toBeUndefined();
});

test('keeps an entry that is asked for again and again', () => {
  const map = new GenerationMap<number>(10);
  map.set('hot', 1);
  for (let index = 0; index < 1_000; index += 1) {
    map.set(`key-${index}`, index);
    expect(map.get('hot')).toBe(1);
  }
});

test('does not keep a key of excessive length', () => {
  const map = new GenerationMap<number>(10);
  map.set('x'.repeat(2_000), 1);
  expect(map.size).toBe(0);
});

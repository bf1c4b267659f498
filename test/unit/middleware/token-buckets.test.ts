/** How many requests a bucket lets through, and which buckets are forgotten. */
import { describe, expect, test } from 'vitest';
import { TokenBuckets } from '../../../proxy/middleware/ratelimit/token-buckets.ts';

describe('a bucket', () => {
  test('holds a burst, and fills in continuous time', () => {
    const buckets = new TokenBuckets({ tokensPerSecond: 10, burst: 3, maxKeys: 10 });
    expect([0, 0, 0].map((nowMs) => buckets.take('a', nowMs))).toEqual([0, 0, 0]);
    expect(buckets.take('a', 0)).toBeCloseTo(100);
    expect(buckets.take('a', 40)).toBeCloseTo(60);
    expect(buckets.take('a', 100)).toBe(0);
    expect(buckets.take('a', 100)).toBeCloseTo(100);
    expect([10_000, 10_000, 10_000].map((nowMs) => buckets.take('a', nowMs))).toEqual([0, 0, 0]);
    expect(buckets.take('a', 10_000)).toBeGreaterThan(0);
  });

  test('is not emptied further by what it refuses', () => {
    const buckets = new TokenBuckets({ tokensPerSecond: 1, burst: 1, maxKeys: 10 });
    buckets.take('a', 0);
    for (let nowMs = 0; nowMs < 1_000; nowMs += 10) expect(buckets.take('a', nowMs)).toBeCloseTo(1_000 - nowMs);
    expect(buckets.take('a', 1_000)).toBe(0);
  });

  test('of less than one token a second lets one request through at a time', () => {
    const buckets = new TokenBuckets({ tokensPerSecond: 0.5, burst: 1, maxKeys: 10 });
    expect(buckets.take('a', 0)).toBe(0);
    expect(buckets.take('a', 1_000)).toBeCloseTo(1_000);
    expect(buckets.take('a', 2_000)).toBe(0);
  });

  test.each([1e-300, 5e-324])('of next to nothing (%d a second) lets one request through', (tokensPerSecond) => {
    const buckets = new TokenBuckets({ tokensPerSecond, burst: 1, maxKeys: 10 });
    expect(buckets.take('a', 0)).toBe(0);
    expect(String(Math.ceil(buckets.take('a', 86_400_000) / 1000))).toMatch(/^\d+$/);
    expect(buckets.take('a', 86_400_000)).toBeGreaterThan(0);
  });

  test('is nothing to another key', () => {
    const buckets = new TokenBuckets({ tokensPerSecond: 1, burst: 1, maxKeys: 10 });
    expect(['a', 'b'].map((key) => buckets.take(key, 0))).toEqual([0, 0]);
  });
});

describe('when there are too many', () => {
  test('a full one is forgotten before one that still counts', () => {
    const buckets = new TokenBuckets({ tokensPerSecond: 1, burst: 10, maxKeys: 3 });
    for (let count = 0; count < 10; count += 1) buckets.take('counts', 0);
    buckets.take('soon full', 1_000);
    buckets.take('new', 4_000);
    buckets.take('newer', 4_000);
    expect(buckets.size).toBe(3);
    expect([1, 2, 3, 4].map(() => buckets.take('counts', 4_000))).toEqual([0, 0, 0, 0]);
    expect(buckets.take('counts', 4_000)).toBeGreaterThan(0);
  });

  test('the one not used for longest goes where none is full', () => {
    const buckets = new TokenBuckets({ tokensPerSecond: 0.001, burst: 1, maxKeys: 2 });
    for (const key of ['a', 'b', 'c']) buckets.take(key, 0);
    expect(buckets.size).toBe(2);
    expect(buckets.take('b', 0)).toBeGreaterThan(0);
    expect(buckets.take('c', 0)).toBeGreaterThan(0);
    expect(buckets.take('a', 0)).toBe(0);
  });
});

import { describe, expect, test } from 'vitest';
import { reconnectDelayMs, type FailedConnections } from '../../../proxy/subscribe/reconnect-delay.ts';

const almostOne = 1 - Number.EPSILON;

function longestMs(failed: Partial<FailedConnections>): number {
  const all = { failures: 1, isRefusal: false, holdsTable: false, retryAfterMs: 0, ...failed };
  return Math.round(reconnectDelayMs(all, almostOne));
}

describe('reconnectDelayMs', () => {
  test('doubles from 100 ms to 15 s without a table, and from a second with one', () => {
    const failures = [1, 2, 3, 8, 9, 1000];
    expect(failures.map((count) => longestMs({ failures: count }))).toEqual([100, 200, 400, 12_800, 15_000, 15_000]);
    expect(failures.map((count) => longestMs({ failures: count, holdsTable: true }))).toEqual([
      1000, 2000, 4000, 15_000, 15_000, 15_000,
    ]);
  });

  test('is anything from nothing up to that, so that many proxies spread', () => {
    const failed = { failures: 3, isRefusal: false, holdsTable: true, retryAfterMs: 0 };
    expect([0, 0.25, 0.5].map((random) => reconnectDelayMs(failed, random))).toEqual([0, 1000, 2000]);
  });

  test('is longer when the control plane says no', () => {
    expect([1, 3, 10].map((count) => longestMs({ failures: count, isRefusal: true }))).toEqual([2000, 8000, 60_000]);
  });

  test('begins after what Retry-After asks for', () => {
    const failed = { failures: 1, isRefusal: false, holdsTable: false };
    expect(reconnectDelayMs({ ...failed, retryAfterMs: 7000 }, 0)).toBe(7000);
    expect(reconnectDelayMs({ ...failed, retryAfterMs: 7000 }, 0.5)).toBe(7050);
  });
});

/**
 * The book stays small, however many hosts and paths callers make up. MADE_UP_HOSTS sets how many: after a million of them the
 * heap is where it was after the first thousand.
 */
import { expect, test, vi } from 'vitest';
import type { Route } from '../../../proxy/target/router.ts';
import { collectGarbage } from '../../support/collect-garbage.ts';
import { cb, setResilienceStage, twice } from '../../support/resilience-stage.ts';

const hosts = Number(process.env['MADE_UP_HOSTS'] ?? 100_000);
const maxUrls = 256;
const maxGrowthMb = 4;

test(
  `${hosts} made-up hosts and paths leave 256 breakers, their timers and a few megabytes`,
  { timeout: 300_000 },
  async () => {
    const stage = setResilienceStage();
    await stage.apply({ default: { breaker: cb, retry: twice }, 'https://*.example.com': { breaker: cb } });
    const fail = (from: number, to: number): void => {
      for (let index = from; index < to; index += 1) {
        const origin = `https://host-${index}.example.com`;
        const route = { upstream: { target: { kind: 'url', label: origin } } } as Route;
        const guards = stage.book.forCall(route, `${origin}/path-${index}?${'x'.repeat(200)}`);
        guards?.budget?.noteCall();
        guards?.breaker?.admit().failed();
      }
    };
    fail(0, 1_000);
    const before = usedHeap();
    fail(1_000, hosts);
    const grownMb = (usedHeap() - before) / 1_000_000;
    expect(grownMb).toBeLessThan(maxGrowthMb);
    expect(stage.book.breakers()).toHaveLength(maxUrls);
    expect(vi.getTimerCount()).toBe(maxUrls);
    vi.advanceTimersByTime(cb.timeoutMs);
    expect(vi.getTimerCount()).toBe(0);
    expect(stage.book.breakers().every(({ state }) => state === 'half-open')).toBe(true);
  },
);

/** After a full collection. */
function usedHeap(): number {
  collectGarbage();
  return process.memoryUsage().heapUsed;
}

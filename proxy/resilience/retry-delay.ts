/** How long a call waits before its next try (spec/resiliency.md §4). Pure. */
import { longestDelayMs } from '#shared/clock/clock.ts';
import type { RetryPolicy } from '#shared/table/resilience.ts';

/**
 * `retry`: 1 before the second try. `random`: from 0 to below 1. The longest interval bounds what exponential growth has come
 * to, before jitter, as in Dapr; a constant delay is what it says.
 */
export function retryDelayMs(policy: RetryPolicy, retry: number, random: () => number): number {
  const base = baseMs(policy, retry);
  if (policy.jitter === 'none') return base;
  return Math.min(policy.jitter === 'full' ? base * random() : base * (0.5 + random()), longestDelayMs);
}

function baseMs({ backoff, initialIntervalMs, multiplier, maxIntervalMs }: RetryPolicy, retry: number): number {
  if (backoff === 'constant' || initialIntervalMs === 0) return initialIntervalMs;
  return Math.min(initialIntervalMs * multiplier ** (retry - 1), maxIntervalMs);
}

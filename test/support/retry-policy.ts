/** Retry policies for tests. */
import type { RetryPolicy } from '#shared/table/resilience.ts';

/** A constant delay of 1 s, three retries, and Dapr's defaults for the rest. */
export function retryPolicy(changes: Partial<RetryPolicy> = {}): RetryPolicy {
  return {
    name: 'r',
    resource: 'limits',
    backoff: 'constant',
    initialIntervalMs: 1_000,
    multiplier: 1,
    maxIntervalMs: 60_000,
    jitter: 'none',
    maxRetries: 3,
    maxElapsedMs: 900_000,
    statusRanges: null,
    methods: null,
    ...changes,
  };
}

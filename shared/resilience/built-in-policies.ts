/** The retry policies that exist without being written (spec/resiliency.md §8). Pure. */
import type { WrittenPolicy } from '../resources/resiliency.ts';
import type { RetryPolicy } from '../table/resilience.ts';

type WrittenRetry = WrittenPolicy<RetryPolicy>;

const constant: WrittenRetry = {
  backoff: 'constant',
  initialIntervalMs: 1_000,
  multiplier: 1,
  maxIntervalMs: 60_000,
  jitter: 'none',
  maxRetries: 3,
  maxElapsedMs: 15 * 60_000,
  statusRanges: null,
  methods: null,
};
const exponential: WrittenRetry = {
  ...constant,
  backoff: 'exponential',
  initialIntervalMs: 500,
  multiplier: 1.5,
  jitter: 'half',
};

/** Targets may name them. None applies by itself: in Dapr they retry failures between sidecars, of which there are none here. */
export const builtInRetries: ReadonlyMap<string, WrittenRetry> = new Map([
  ['DaprBuiltInServiceRetries', constant],
  ['DaprBuiltInActorRetries', constant],
  ['DaprBuiltInActorReminderRetries', { ...exponential, maxRetries: 0 }],
  ['DaprBuiltInInitializationRetries', { ...exponential, maxIntervalMs: 1_000, maxElapsedMs: 10_000 }],
  ['DaprBuiltInActorNotFoundRetries', { ...constant, maxRetries: 5 }],
]);

/** What is made of a policy with the name of a built-in one. */
export interface Override {
  /** Null: it is not used. */
  readonly policy: WrittenRetry | null;
  /** A clause about the policy; null when there is nothing to say. */
  readonly warning: string | null;
}

const protectedName = 'DaprBuiltInActorNotFoundRetries';
const minRetries = 3;

/** Any other name goes through as it is. */
export function overrideOfBuiltIn(name: string, policy: WrittenRetry): Override {
  if (name === protectedName) return { policy: null, warning: 'this built-in policy cannot be changed' };
  if (!builtInRetries.has(name) || policy.maxRetries >= minRetries) return { policy, warning: null };
  const warning = `maxRetries of this built-in policy must be at least ${minRetries}, which is used`;
  return { policy: { ...policy, maxRetries: minRetries }, warning };
}

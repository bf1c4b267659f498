/**
 * What Resiliency resources say about calls, resolved for one audience: every policy stands where it is used, and no name is
 * left to look up. Times are in milliseconds.
 */

/** Where a policy was written, for logs, metrics and metadata. */
export interface PolicyOrigin {
  /** Name of the policy. */
  readonly name: string;
  /** Name of the Resiliency that defines it; `''` for a built-in one. */
  readonly resource: string;
}

/** Ends a try whose response headers have not come by then. */
export interface TimeoutPolicy extends PolicyOrigin {
  readonly timeoutMs: number;
}

/** Both ends belong to it. */
export interface StatusRange {
  readonly from: number;
  readonly to: number;
}

/** When a failed try is followed by another (spec/resiliency.md §4). */
export interface RetryPolicy extends PolicyOrigin {
  readonly backoff: 'constant' | 'exponential';
  /** Constant: the delay. Exponential: the first one, before jitter. */
  readonly initialIntervalMs: number;
  /** 1 where the delay is constant. */
  readonly multiplier: number;
  /** Longest delay before jitter, and the longest Retry-After that is honoured. */
  readonly maxIntervalMs: number;
  /** `half`: from half to one and a half of the delay, as in Dapr. `full`: from nothing to the delay. */
  readonly jitter: 'none' | 'half' | 'full';
  /** Tries after the first; -1: no limit but `maxElapsedMs`. */
  readonly maxRetries: number;
  /** No try begins later than this after the first; 0: no limit. */
  readonly maxElapsedMs: number;
  /** `matching.httpStatusCodes`; null: 408, 425, 429 and 5xx. */
  readonly statusRanges: readonly StatusRange[] | null;
  /**
   * `matching.httpMethods`: methods, besides the idempotent ones, that are sent again although the upstream may have begun to
   * serve them, in upper case; `['*']`: every one; null: none.
   */
  readonly methods: readonly string[] | null;
}

/** When calls stop for a while (spec/resiliency.md §6). */
export interface BreakerPolicy extends PolicyOrigin {
  /** Calls that a half-open breaker lets through, and successes that close it. At least 1. */
  readonly maxRequests: number;
  /** How often the counts of a closed breaker begin anew; 0: never. */
  readonly intervalMs: number;
  /** How long it stays open. */
  readonly timeoutMs: number;
  /** CEL over requests, totalSuccesses, totalFailures, consecutiveSuccesses and consecutiveFailures. */
  readonly trip: string;
}

/** What holds for one target. `null`: no such policy. */
export interface TargetPolicies {
  readonly timeout: TimeoutPolicy | null;
  readonly retry: RetryPolicy | null;
  readonly breaker: BreakerPolicy | null;
}

/** One entry of `spec.targets.apps`. */
export interface ResilienceTarget {
  /** As written: an app id, `app.namespace`, the name of an HTTPEndpoint, a URL, an origin, or a pattern such as `*.example.com`. */
  readonly key: string;
  readonly policies: TargetPolicies;
}

export interface Resilience {
  /** The Resiliency resources that this is made of, in order. */
  readonly resources: readonly { readonly name: string; readonly namespace: string }[];
  /** Each key once. */
  readonly targets: readonly ResilienceTarget[];
  /** For what no target matches. */
  readonly defaults: TargetPolicies;
}

export const noPolicies: TargetPolicies = { timeout: null, retry: null, breaker: null };

export const noResilience: Resilience = { resources: [], targets: [], defaults: noPolicies };

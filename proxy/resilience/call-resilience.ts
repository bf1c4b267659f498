/** What protects one call: the policies that it began with, and the live state that calls to the same target share. */
import type { TargetPolicies } from '#shared/table/resilience.ts';
import type { Route } from '../target/router.ts';
import type { BreakerState, LiveBreaker } from '../telemetry/telemetry.ts';
import type { RetryBudget } from './retry-budget.ts';

/** Finds what protects a call. */
export interface CallGuards {
  /** `targetText`: the target as the caller wrote it. Null where no policy holds: such a call takes the short way. */
  forCall(route: Route, targetText: string): CallResilience | null;
  /** Those that calls have met so far. */
  breakers(): readonly LiveBreaker[];
}

/** Kept by a call to its end, whatever tables come meanwhile. */
export interface CallResilience {
  readonly policies: TargetPolicies;
  /** Null where there is no breaker policy. */
  readonly breaker: Breaker | null;
  /** Null where there is no retry policy. */
  readonly budget: RetryBudget | null;
}

/** Stops calls to a target that fails. Every try of a call asks it. */
export interface Breaker {
  readonly state: BreakerState;
  /** For how long from now nothing is let through; 0 unless it is open. */
  readonly openForMs: number;
  /** Lets one try through. Throws ProxyError `breaker-open`, which no retry follows. */
  admit(): Admission;
}

/** A try that was let through: exactly one of these is called, once. */
export interface Admission {
  /** Whether others are kept out until it is known how this one goes. */
  readonly isProbe: boolean;
  succeeded(): void;
  failed(): void;
  /** Says nothing about the target: the caller left, or nothing was sent. */
  ignored(): void;
}

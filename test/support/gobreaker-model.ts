/**
 * gobreaker's rules as plain arithmetic, for comparison with the real breaker: no timers, no events, the time is an argument.
 * Beside gobreaker's it has the two rules that are ours: a pass may be given back, and while no verdict comes half-open lets
 * one more probe through with each open period.
 */
import type { BreakerCounts, TripRule } from '#shared/resilience/trip-rule.ts';
import type { BreakerPolicy } from '#shared/table/resilience.ts';
import type { BreakerState } from '../../proxy/telemetry/telemetry.ts';

export const noCounts: BreakerCounts = {
  requests: 0,
  totalSuccesses: 0,
  totalFailures: 0,
  consecutiveSuccesses: 0,
  consecutiveFailures: 0,
};

export class GobreakerModel {
  readonly #policy: BreakerPolicy;
  readonly #trips: TripRule;
  readonly changes: BreakerState[] = [];
  counts = noCounts;
  #state: BreakerState = 'closed';
  #generation = 0;
  #expiryMs = Infinity;
  #lastProbeMs = 0;

  constructor(policy: BreakerPolicy, { trips, nowMs }: { readonly trips: TripRule; readonly nowMs: number }) {
    this.#policy = policy;
    this.#trips = trips;
    this.#newGeneration(nowMs);
  }

  state(nowMs: number): BreakerState {
    if (this.#state === 'open' && nowMs >= this.#expiryMs) this.#setState('half-open', nowMs);
    return this.#state;
  }

  /** The generation that the call belongs to, or why it may not go. */
  admit(nowMs: number): number | string {
    const state = this.#current(nowMs);
    if (state === 'open') return 'circuit breaker is open';
    if (state === 'half-open') {
      const isFull = this.counts.requests >= this.#policy.maxRequests;
      if (isFull && nowMs < this.#lastProbeMs + this.#policy.timeoutMs) return 'too many requests';
      this.#lastProbeMs = nowMs;
    }
    this.counts = { ...this.counts, requests: this.counts.requests + 1 };
    return this.#generation;
  }

  settle(generation: number, { outcome, nowMs }: { readonly outcome: Outcome; readonly nowMs: number }): void {
    const state = this.#current(nowMs);
    if (generation !== this.#generation) return;
    const { requests, totalSuccesses, totalFailures, consecutiveSuccesses, consecutiveFailures } = this.counts;
    switch (outcome) {
      case 'ignored':
        this.counts = { ...this.counts, requests: requests - 1 };
        return;
      case 'succeeded':
        this.counts = {
          requests,
          totalFailures,
          totalSuccesses: totalSuccesses + 1,
          consecutiveSuccesses: consecutiveSuccesses + 1,
          consecutiveFailures: 0,
        };
        if (state === 'half-open' && consecutiveSuccesses + 1 >= this.#policy.maxRequests) {
          this.#setState('closed', nowMs);
        }
        return;
      case 'failed':
        this.counts = {
          requests,
          totalSuccesses,
          totalFailures: totalFailures + 1,
          consecutiveSuccesses: 0,
          consecutiveFailures: consecutiveFailures + 1,
        };
        if (state === 'half-open' || this.#trips(this.counts)) this.#setState('open', nowMs);
    }
  }

  #current(nowMs: number): BreakerState {
    if (this.#state === 'closed' && nowMs > this.#expiryMs) this.#newGeneration(nowMs);
    return this.state(nowMs);
  }

  #setState(state: BreakerState, nowMs: number): void {
    // The change happens when the period ends, not when somebody looks.
    const atMs = state === 'half-open' ? this.#expiryMs : nowMs;
    this.#state = state;
    this.changes.push(state);
    this.#newGeneration(atMs);
  }

  #newGeneration(nowMs: number): void {
    this.#generation += 1;
    this.counts = noCounts;
    const { intervalMs, timeoutMs } = this.#policy;
    if (this.#state === 'closed') this.#expiryMs = intervalMs > 0 ? nowMs + intervalMs : Infinity;
    else this.#expiryMs = this.#state === 'open' ? nowMs + timeoutMs : Infinity;
  }
}

export type Outcome = 'succeeded' | 'failed' | 'ignored';

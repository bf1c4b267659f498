/**
 * The circuit breaker of one target. opossum holds its state, the timer that ends `open`, and the events; what is counted and
 * when it trips is gobreaker's arithmetic, which Dapr's users know (spec/resiliency.md §6). Loaded only when a breaker is
 * configured.
 */
import { EventEmitter } from 'node:events';
import Opossum from 'opossum';
import { longestDelayMs, type Clock } from '#shared/clock/clock.ts';
import { ProxyError } from '#shared/errors/proxy-error.ts';
import type { BreakerCounts, TripRule } from '#shared/resilience/trip-rule.ts';
import type { BreakerPolicy } from '#shared/table/resilience.ts';
import type { BreakerState, CallTarget, LiveBreaker } from '../telemetry/telemetry.ts';
import type { Admission, Breaker } from './call-resilience.ts';

export interface CircuitBreakerOptions {
  readonly target: CallTarget;
  readonly policy: BreakerPolicy;
  /** The policy's `trip`. */
  readonly trips: TripRule;
  readonly clock: Clock;
  readonly onChange: (breaker: LiveBreaker, from: BreakerState) => void;
}

type Outcome = 'succeeded' | 'failed' | 'ignored';

/** A try that was let through. Every call makes one: it is small. */
class Pass implements Admission {
  readonly isProbe: boolean;
  readonly #generation: number;
  #breaker: CircuitBreaker | null;

  constructor(breaker: CircuitBreaker, { isProbe, generation }: { isProbe: boolean; generation: number }) {
    this.#breaker = breaker;
    this.isProbe = isProbe;
    this.#generation = generation;
  }

  succeeded(): void {
    this.#settle('succeeded');
  }

  failed(): void {
    this.#settle('failed');
  }

  ignored(): void {
    this.#settle('ignored');
  }

  #settle(outcome: Outcome): void {
    const breaker = this.#breaker;
    this.#breaker = null;
    breaker?.settle(outcome, this.#generation);
  }
}

type Counts = { -readonly [Name in keyof BreakerCounts]: number };

export class CircuitBreaker implements Breaker, LiveBreaker {
  readonly target: CallTarget;
  readonly policy: BreakerPolicy;
  readonly #options: CircuitBreakerOptions;
  readonly #openMs: number;
  readonly #circuit: Opossum;
  #counts = noCounts();
  /** Grows whenever the counts begin anew; what was let through before says nothing any more. */
  #generation = 0;
  #periodEndMs = Infinity;
  #openUntilMs = 0;
  #lastProbeMs = 0;
  #formerState: BreakerState = 'closed';
  #isRetired = false;

  constructor(options: CircuitBreakerOptions) {
    const { target, policy } = options;
    this.target = target;
    this.policy = policy;
    this.#options = options;
    this.#openMs = Math.min(policy.timeoutMs, longestDelayMs);
    this.#circuit = new Opossum(neverCalled, {
      name: policy.name,
      resetTimeout: this.#openMs,
      // Nothing goes through `fire`, so its window of statistics would count nothing: one bucket that nobody rotates instead
      // of ten and two timers a second for each breaker.
      rollingCountBuckets: 1,
      rollingPercentilesEnabled: false,
      enableSnapshots: false,
      rotateBucketController: new EventEmitter(),
    });
    this.#circuit.on('open', () => this.#enter('open'));
    this.#circuit.on('halfOpen', () => this.#enter('half-open'));
    this.#circuit.on('close', () => this.#enter('closed'));
    this.#beginPeriod();
  }

  get state(): BreakerState {
    if (this.#circuit.closed) return 'closed';
    return this.#circuit.halfOpen ? 'half-open' : 'open';
  }

  get openForMs(): number {
    return this.state === 'open' ? Math.max(0, this.#openUntilMs - this.#options.clock.monotonicMs()) : 0;
  }

  /** Throws ProxyError `breaker-open`. */
  admit(): Admission {
    this.#turnPeriod();
    const { state } = this;
    if (state === 'open') {
      const retryAfterSeconds = Math.max(1, Math.ceil(this.openForMs / 1000));
      throw new ProxyError('breaker-open', 'circuit breaker is open', { retryAfterSeconds });
    }
    if (state === 'half-open') this.#admitProbe();
    this.#counts.requests += 1;
    return new Pass(this, { generation: this.#generation, isProbe: state === 'half-open' });
  }

  /** Takes what became of a try. One of an older generation says nothing any more. */
  settle(outcome: Outcome, generation: number): void {
    this.#turnPeriod();
    if (this.#generation !== generation) return;
    if (outcome === 'succeeded') this.#succeeded();
    else if (outcome === 'failed') this.#failed();
    else this.#ignored();
  }

  /** No new call will come. Those under way finish here, unheard, and no timer is left behind: once open, it stays so. */
  retire(): void {
    this.#isRetired = true;
    if (this.#circuit.opened) this.#circuit.shutdown();
  }

  /**
   * As many probes as the policy says; and, which gobreaker lacks, one more each time that an open period has passed without a
   * verdict, or probes that hang would keep everybody out for as long as they do.
   */
  #admitProbe(): void {
    const nowMs = this.#options.clock.monotonicMs();
    const isFull = this.#counts.requests >= this.policy.maxRequests;
    if (isFull && nowMs - this.#lastProbeMs < this.#openMs) throw new ProxyError('breaker-open', 'too many requests');
    this.#lastProbeMs = nowMs;
  }

  #succeeded(): void {
    const counts = this.#counts;
    counts.totalSuccesses += 1;
    counts.consecutiveSuccesses += 1;
    counts.consecutiveFailures = 0;
    if (this.#circuit.halfOpen && counts.consecutiveSuccesses >= this.policy.maxRequests) this.#circuit.close();
  }

  #failed(): void {
    const counts = this.#counts;
    counts.totalFailures += 1;
    counts.consecutiveFailures += 1;
    counts.consecutiveSuccesses = 0;
    if (this.#circuit.halfOpen || this.#options.trips(counts)) this.#circuit.open();
  }

  /** As though it had never been let through. */
  #ignored(): void {
    this.#counts.requests -= 1;
  }

  #enter(state: BreakerState): void {
    const from = this.#formerState;
    this.#formerState = state;
    this.#beginPeriod();
    if (state === 'open') this.#openUntilMs = this.#options.clock.monotonicMs() + this.#openMs;
    if (!this.#isRetired) this.#options.onChange(this, from);
    else if (state === 'open') this.#circuit.shutdown();
  }

  /** The counts of a closed breaker begin anew at the first call or answer after each interval: no timer is needed. */
  #turnPeriod(): void {
    if (this.#periodEndMs !== Infinity && this.#options.clock.monotonicMs() > this.#periodEndMs) this.#beginPeriod();
  }

  #beginPeriod(): void {
    const { intervalMs } = this.policy;
    this.#generation += 1;
    this.#counts = noCounts();
    const hasEnd = this.#circuit.closed && intervalMs > 0;
    this.#periodEndMs = hasEnd ? this.#options.clock.monotonicMs() + intervalMs : Infinity;
  }
}

function noCounts(): Counts {
  return { requests: 0, totalSuccesses: 0, totalFailures: 0, consecutiveSuccesses: 0, consecutiveFailures: 0 };
}

/** opossum wants a function to guard; ours are guarded by `admit`. */
async function neverCalled(): Promise<void> {}

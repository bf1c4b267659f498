/**
 * Keeps retries a bounded share of what goes to a target, so that they do not become its outage: a fifth of the calls of the
 * last ten seconds, and ten a second besides, for targets that are seldom called.
 */
import type { Clock } from '#shared/clock/clock.ts';

const windowSeconds = 10;
const retriesPerCall = 0.2;
const retriesPerSecond = 10;

/** Counts by the second; older seconds make room for new ones. */
export class RetryBudget {
  readonly #clock: Clock;
  readonly #calls = Array.from({ length: windowSeconds }, () => 0);
  readonly #retries = Array.from({ length: windowSeconds }, () => 0);
  #second: number;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#second = this.#now();
  }

  /** One call has begun. */
  noteCall(): void {
    const at = this.#advance();
    this.#calls[at] = (this.#calls[at] ?? 0) + 1;
  }

  /** Whether one more retry may be made; then it counts as made. */
  tryTake(): boolean {
    const at = this.#advance();
    const allowed = sum(this.#calls) * retriesPerCall + retriesPerSecond * windowSeconds;
    if (sum(this.#retries) + 1 > allowed) return false;
    this.#retries[at] = (this.#retries[at] ?? 0) + 1;
    return true;
  }

  /** Forgets what has left the window. Returns the place of this second. */
  #advance(): number {
    const now = this.#now();
    const firstNew = Math.max(this.#second + 1, now - windowSeconds + 1);
    for (let second = firstNew; second <= now; second += 1) {
      this.#calls[second % windowSeconds] = 0;
      this.#retries[second % windowSeconds] = 0;
    }
    this.#second = now;
    return now % windowSeconds;
  }

  #now(): number {
    return Math.floor(this.#clock.monotonicMs() / 1000);
  }
}

function sum(counts: readonly number[]): number {
  let total = 0;
  for (const count of counts) total += count;
  return total;
}

/** Lets requests through while much is parsed: the source shares one thread with the data path. */
import type { Clock } from '#shared/clock/clock.ts';

const turnMs = 10;

/** Counts the time since the event loop last had its turn. */
export class Breather {
  readonly #clock: Clock;
  #turnBeganMs: number;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#turnBeganMs = clock.monotonicMs();
  }

  /** Waits for the event loop once a turn is used up; otherwise goes on at once. */
  async breathe(): Promise<void> {
    if (this.#clock.monotonicMs() - this.#turnBeganMs < turnMs) return;
    await new Promise((resolve) => setImmediate(resolve));
    this.#turnBeganMs = this.#clock.monotonicMs();
  }
}

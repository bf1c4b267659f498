/** Waits until things are quiet, though never for long: a storm of changes makes one round, and cannot put it off for ever. */
import type { Clock, Timer } from '#shared/clock/clock.ts';

export interface HoldOffTimes {
  /** Of quiet, after the last mark. */
  readonly quietMs: number;
  /** After the first mark, whatever comes. */
  readonly longestMs: number;
}

export class HoldOff {
  readonly #clock: Clock;
  readonly #times: HoldOffTimes;
  readonly #onDue: () => void;
  #timer: Timer | null = null;
  #firstMs = 0;
  #lastMs = 0;

  constructor({
    clock,
    times,
    onDue,
  }: {
    readonly clock: Clock;
    readonly times: HoldOffTimes;
    readonly onDue: () => void;
  }) {
    this.#clock = clock;
    this.#times = times;
    this.#onDue = onDue;
  }

  /** Something happened. Costs next to nothing while a timer runs already. */
  mark(): void {
    this.#lastMs = this.#clock.monotonicMs();
    if (this.#timer !== null) return;
    this.#firstMs = this.#lastMs;
    this.#arm(this.#lastMs);
  }

  /** Forgets what was marked. */
  cancel(): void {
    this.#timer?.cancel();
    this.#timer = null;
  }

  #arm(nowMs: number): void {
    const { quietMs, longestMs } = this.#times;
    const dueMs = Math.min(this.#lastMs + quietMs, this.#firstMs + longestMs);
    if (dueMs > nowMs || this.#timer === null) {
      this.#timer = this.#clock.after(Math.max(0, dueMs - nowMs), () => this.#arm(this.#clock.monotonicMs()));
      return;
    }
    this.#timer = null;
    this.#onDue();
  }
}

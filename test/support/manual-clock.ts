/** A clock that stands still until it is told to move. */
import type { Clock, Timer } from '#shared/clock/clock.ts';

interface Pending {
  readonly dueMs: number;
  readonly run: () => void;
}

/** The first second of 2026. */
export const defaultStartMs = 1_767_225_600_000;

export class ManualClock implements Clock {
  #nowMs = 0;
  readonly #startMs: number;
  readonly #pending = new Set<Pending>();

  /** `startMs`: what `epochMs` says at the beginning. */
  constructor(startMs = defaultStartMs) {
    this.#startMs = startMs;
  }

  monotonicMs(): number {
    return this.#nowMs;
  }

  epochMs(): number {
    return this.#startMs + this.#nowMs;
  }

  after(delayMs: number, run: () => void): Timer {
    const pending = { dueMs: this.#nowMs + delayMs, run };
    this.#pending.add(pending);
    return { cancel: () => void this.#pending.delete(pending) };
  }

  sleep(delayMs: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      if (signal.aborted) return resolve();
      const timer = this.after(delayMs, resolve);
      signal.addEventListener('abort', () => {
        timer.cancel();
        resolve();
      });
    });
  }

  /** Moves on, and runs what falls due on the way, in order. */
  advance(byMs: number): void {
    const untilMs = this.#nowMs + byMs;
    for (let next = this.#next(untilMs); next !== undefined; next = this.#next(untilMs)) {
      this.#pending.delete(next);
      this.#nowMs = next.dueMs;
      next.run();
    }
    this.#nowMs = untilMs;
  }

  #next(untilMs: number): Pending | undefined {
    return [...this.#pending].filter(({ dueMs }) => dueMs <= untilMs).toSorted((a, b) => a.dueMs - b.dueMs)[0];
  }
}

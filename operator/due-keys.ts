/** What is to be looked at, and when: each key once, bounded by what there is. */
import type { Clock } from '#shared/clock/clock.ts';

export class DueKeys {
  readonly #clock: Clock;
  readonly #dueMsByKey = new Map<string, number>();
  /** After a failure: not before, whatever happens. */
  readonly #heldUntilMsByKey = new Map<string, number>();
  #wake: () => void = () => undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** In so long; the earlier of several holds. */
  mark(key: string, afterMs: number): void {
    const dueMs = Math.max(this.#clock.monotonicMs() + afterMs, this.#heldUntilMsByKey.get(key) ?? -Infinity);
    this.#dueMsByKey.set(key, Math.min(dueMs, this.#dueMsByKey.get(key) ?? Infinity));
    this.#wake();
  }

  /** In so long, and not sooner. */
  hold(key: string, forMs: number): void {
    this.#heldUntilMsByKey.set(key, this.#clock.monotonicMs() + forMs);
    this.#dueMsByKey.delete(key);
    this.mark(key, forMs);
  }

  /** Takes out everything that is due. */
  take(): readonly string[] {
    const nowMs = this.#clock.monotonicMs();
    const due = [...this.#dueMsByKey].filter(([, dueMs]) => dueMs <= nowMs).map(([key]) => key);
    for (const key of due) {
      this.#dueMsByKey.delete(key);
      this.#heldUntilMsByKey.delete(key);
    }
    return due;
  }

  /** Lets whoever waits look again whether work may begin. */
  wake(): void {
    this.#wake();
  }

  /** Resolves when something is due and work may begin, or the signal is aborted. */
  async wait(signal: AbortSignal, mayBegin: () => boolean = () => true): Promise<void> {
    while (!signal.aborted) {
      let nextMs = Infinity;
      for (const dueMs of this.#dueMsByKey.values()) nextMs = Math.min(nextMs, dueMs);
      const restMs = nextMs - this.#clock.monotonicMs();
      const isDue = restMs <= 0;
      if (isDue && mayBegin()) return;
      await this.#changed(isDue ? Infinity : restMs, signal);
    }
  }

  async #changed(limitMs: number, signal: AbortSignal): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = limitMs === Infinity ? null : this.#clock.after(limitMs, resolve);
    this.#wake = resolve;
    const stop = (): void => resolve();
    signal.addEventListener('abort', stop, { once: true });
    await promise;
    signal.removeEventListener('abort', stop);
    timer?.cancel();
  }
}

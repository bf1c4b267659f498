/** Lets at most so many calls through at once; a bounded number waits in order, the rest is refused. */
import { ProxyError } from '#shared/errors/proxy-error.ts';

interface Waiter {
  readonly admit: () => void;
}

export interface ConcurrencyLimits {
  /** 0: no limit. */
  readonly maxConcurrent: number;
  readonly maxQueued: number;
}

/** Counts calls to one upstream (`--app-max-concurrency`). */
export class ConcurrencyLimiter {
  readonly #limits: ConcurrencyLimits;
  readonly #waiters = new Set<Waiter>();
  #running = 0;

  constructor(limits: ConcurrencyLimits) {
    this.#limits = limits;
  }

  get isUnlimited(): boolean {
    return this.#limits.maxConcurrent === 0;
  }

  /** Resolves when the call may start; every success is owed a `release`. Rejects with `overloaded` when the queue is
   * full, and with the signal's reason when the caller leaves. */
  async acquire(signal: AbortSignal): Promise<void> {
    const { maxConcurrent, maxQueued } = this.#limits;
    if (maxConcurrent === 0 || this.#running < maxConcurrent) {
      this.#running += 1;
      return;
    }
    if (this.#waiters.size >= maxQueued) {
      throw new ProxyError('overloaded', `${maxConcurrent} calls are running and ${maxQueued} wait already`);
    }
    await this.#wait(signal);
  }

  /** Hands the slot to the one who has waited longest. */
  release(): void {
    const [next] = this.#waiters;
    if (next === undefined) {
      this.#running -= 1;
      return;
    }
    this.#waiters.delete(next);
    next.admit();
  }

  #wait(signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const leave = (): void => {
        this.#waiters.delete(waiter);
        reject(signal.reason);
      };
      const waiter: Waiter = {
        admit: () => {
          signal.removeEventListener('abort', leave);
          resolve();
        },
      };
      if (signal.aborted) return reject(signal.reason);
      this.#waiters.add(waiter);
      signal.addEventListener('abort', leave, { once: true });
    });
  }
}

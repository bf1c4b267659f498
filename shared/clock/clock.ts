/** The one door to time. Everything that waits or measures takes a Clock, so that a test can hold it still. */

export interface Timer {
  /** Stops the timer; harmless when it has already run. */
  cancel(): void;
}

export interface Clock {
  /** Milliseconds that only go forward; for durations. */
  monotonicMs(): number;
  /** Milliseconds since 1970, which may jump: only for comparing with dates that others wrote (certificates, tokens, leases). */
  epochMs(): number;
  /** Calls `run` once after `delayMs`. Does not keep the process alive. */
  after(delayMs: number, run: () => void): Timer;
  /** Resolves after `delayMs`, or at once when the signal is aborted. Keeps the process alive meanwhile. */
  sleep(delayMs: number, signal: AbortSignal): Promise<void>;
}

/** The longest that a timer can wait, 24 days: a longer delay would be none at all. */
export const longestDelayMs = 2 ** 31 - 1;

/** Most guarded calls make one: it is small. */
class SystemTimer implements Timer {
  readonly #timeout: NodeJS.Timeout;

  constructor(delayMs: number, run: () => void) {
    this.#timeout = setTimeout(run, delayMs).unref();
  }

  cancel(): void {
    clearTimeout(this.#timeout);
  }
}

/** The machine's own clock. */
export const systemClock: Clock = {
  monotonicMs: () => performance.now(),
  epochMs: () => Date.now(),
  after: (delayMs, run) => new SystemTimer(delayMs, run),
  sleep(delayMs, signal) {
    return new Promise((resolve) => {
      if (signal.aborted) return resolve();
      const timer = setTimeout(finish, delayMs);
      signal.addEventListener('abort', finish, { once: true });
      function finish(): void {
        clearTimeout(timer);
        signal.removeEventListener('abort', finish);
        resolve();
      }
    });
  },
};

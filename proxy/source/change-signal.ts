/** Gathers changes until it has been quiet for a moment, so that a file is read when it is written, not while it is. */
import type { Clock, Timer } from '#shared/clock/clock.ts';

export interface ChangeSignalOptions {
  readonly clock: Clock;
  /** A change counts once nothing else has happened for this long … */
  readonly quietMs: number;
  /** … or once it is this old. */
  readonly maxWaitMs: number;
}

/** More are not worth remembering: their stamps tell of them too. */
const maxTouched = 10_000;

export class ChangeSignal {
  readonly #options: ChangeSignalOptions;
  #touched = new Set<string>();
  #firstTouchMs: number | null = null;
  #timer: Timer | null = null;
  #isDue = false;
  #wake: (() => void) | null = null;

  constructor(options: ChangeSignalOptions) {
    this.#options = options;
  }

  /** Something happened to this path. */
  touch(changedPath: string): void {
    const { clock, quietMs, maxWaitMs } = this.#options;
    if (this.#touched.size < maxTouched) this.#touched.add(changedPath);
    const nowMs = clock.monotonicMs();
    this.#firstTouchMs ??= nowMs;
    const delayMs = Math.max(0, Math.min(quietMs, this.#firstTouchMs + maxWaitMs - nowMs));
    this.#timer?.cancel();
    this.#timer = clock.after(delayMs, () => {
      this.#isDue = true;
      this.#wake?.();
    });
  }

  /** Resolves to what was touched, once it is time to look; to nothing after `timeoutMs` or when aborted. */
  async next(options: { readonly timeoutMs: number; readonly signal: AbortSignal }): Promise<ReadonlySet<string>> {
    const { timeoutMs, signal } = options;
    if (!this.#isDue && !signal.aborted) {
      await new Promise<void>((resolve) => {
        const finish = (): void => {
          timeout.cancel();
          signal.removeEventListener('abort', finish);
          resolve();
        };
        const timeout = this.#options.clock.after(timeoutMs, finish);
        signal.addEventListener('abort', finish, { once: true });
        this.#wake = finish;
      });
      this.#wake = null;
    }
    if (!this.#isDue) return new Set();
    const touched = this.#touched;
    this.#touched = new Set();
    this.#firstTouchMs = null;
    this.#isDue = false;
    return touched;
  }
}

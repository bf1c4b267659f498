/** Keeps a failing upstream from flooding the log: so many lines a second, then a count of what was left out. */
import type { Clock } from '#shared/clock/clock.ts';
import type { LogFields, Logger } from '#shared/logger/logger.ts';

const maxLinesPerSecond = 20;

export class LogLimiter {
  readonly #logger: Logger;
  readonly #clock: Clock;
  #second = 0;
  #lines = 0;
  #suppressed = 0;

  constructor(logger: Logger, clock: Clock) {
    this.#logger = logger;
    this.#clock = clock;
  }

  info(message: string, fields: LogFields): void {
    const more = this.#take();
    if (more !== null) this.#logger.info(message, { ...fields, ...more });
  }

  warn(message: string, fields: LogFields): void {
    const more = this.#take();
    if (more !== null) this.#logger.warn(message, { ...fields, ...more });
  }

  /** What a line says besides its own fields; null: there is no room for it in this second. */
  #take(): LogFields | null {
    const second = Math.floor(this.#clock.monotonicMs() / 1000);
    if (second !== this.#second) {
      this.#second = second;
      this.#lines = 0;
    }
    if (this.#lines >= maxLinesPerSecond) {
      this.#suppressed += 1;
      return null;
    }
    this.#lines += 1;
    const suppressed = this.#suppressed > 0 ? { suppressedLines: this.#suppressed } : {};
    this.#suppressed = 0;
    return suppressed;
  }
}

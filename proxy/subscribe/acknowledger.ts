/** Sends acknowledgements beside the stream: one at a time, the newest wins, and reading never waits for them. */
import type { Clock } from '#shared/clock/clock.ts';
import { LinkError } from '#shared/errors/link-error.ts';
import type { Logger } from '#shared/logger/logger.ts';
import type { Acknowledgement } from '#shared/push/push-channel.ts';

export interface AcknowledgerOptions {
  /** Throws LinkError. */
  readonly post: (acknowledgement: Acknowledgement) => Promise<void>;
  readonly clock: Clock;
  readonly logger: Logger;
  /** In [0, 1). */
  readonly random: () => number;
  /** Of the stream: nobody wants the acknowledgement after its end. */
  readonly signal: AbortSignal;
}

const maxAttempts = 5;
const firstPauseMs = 200;
const longestPauseMs = 10_000;

export class Acknowledger {
  readonly #options: AcknowledgerOptions;
  #next: Acknowledgement | null = null;
  #sending: Promise<void> | null = null;

  constructor(options: AcknowledgerOptions) {
    this.#options = options;
  }

  send(acknowledgement: Acknowledgement): void {
    this.#next = acknowledgement;
    this.#sending ??= this.#sendAll();
  }

  /** Resolves when nothing waits to be sent. */
  async settled(): Promise<void> {
    await this.#sending;
  }

  async #sendAll(): Promise<void> {
    while (this.#next !== null && !this.#options.signal.aborted) {
      const acknowledgement = this.#next;
      this.#next = null;
      await this.#deliver(acknowledgement);
    }
    this.#sending = null;
  }

  async #deliver(acknowledgement: Acknowledgement): Promise<void> {
    const { post, clock, logger, random, signal } = this.#options;
    for (let attempt = 1; !signal.aborted; attempt++) {
      try {
        await post(acknowledgement);
        return;
      } catch (error) {
        if (!(error instanceof LinkError)) throw error;
        if (signal.aborted) return;
        if (attempt === maxAttempts || isFinal(error.status)) {
          const { revision, state } = acknowledgement;
          logger.warn('the control plane took no acknowledgement', { revision, state, attempt, reason: error.message });
          return;
        }
        const pauseMs = Math.min(longestPauseMs, firstPauseMs * 2 ** (attempt - 1));
        await clock.sleep(error.retryAfterMs + random() * pauseMs, signal);
        if (this.#next !== null) return;
      }
    }
  }
}

/** Asking again would get the same answer. */
function isFinal(status: number): boolean {
  return status >= 400 && status < 500 && status !== 408 && status !== 429;
}

/** How many requests may be in flight at once (`--max-requests-in-flight`): one too many is refused, not queued. */
import { ProxyError } from '#shared/errors/proxy-error.ts';

export class RequestAdmission {
  readonly #maxInFlight: number;
  #inFlight = 0;
  #onIdle: (() => void) | null = null;

  constructor(maxInFlight: number) {
    this.#maxInFlight = maxInFlight;
  }

  /** Every success is owed a `leave`. Throws ProxyError `overloaded`. */
  enter(): void {
    if (this.#inFlight >= this.#maxInFlight) {
      throw new ProxyError('overloaded', `${this.#maxInFlight} requests are in flight already`);
    }
    this.#inFlight += 1;
  }

  leave(): void {
    this.#inFlight -= 1;
    if (this.#inFlight === 0) this.#onIdle?.();
  }

  /** Resolves when no request is in flight. */
  idle(): Promise<void> {
    if (this.#inFlight === 0) return Promise.resolve();
    return new Promise((resolve) => {
      this.#onIdle = resolve;
    });
  }
}

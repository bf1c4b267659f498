/** Counts the bytes of bodies that middleware keeps, so that all of them together stay within a bound. */
import { ProxyError } from '#shared/errors/proxy-error.ts';

export class KeptBytes {
  readonly #maxBytes: number;
  #bytes = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** Every `take` is owed a `give`. Throws ProxyError `overloaded`. */
  take(bytes: number): void {
    if (this.#bytes + bytes > this.#maxBytes) {
      throw new ProxyError('overloaded', `middleware keeps ${this.#maxBytes} bytes of request bodies already`);
    }
    this.#bytes += bytes;
  }

  give(bytes: number): void {
    this.#bytes -= bytes;
  }
}

/** How many bytes are held at once, of all requests together. */

export interface Budget {
  /** False: there is no room for these. */
  take(bytes: number): boolean;
  give(bytes: number): void;
}

export class ByteBudget implements Budget {
  readonly maxBytes: number;
  #bytes = 0;

  constructor(maxBytes: number) {
    this.maxBytes = maxBytes;
  }

  take(bytes: number): boolean {
    if (this.#bytes + bytes > this.maxBytes) return false;
    this.#bytes += bytes;
    return true;
  }

  give(bytes: number): void {
    this.#bytes -= bytes;
  }
}

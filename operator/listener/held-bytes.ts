/** Bytes that are put together in one growing buffer: pieces of a byte each, kept apart, would cost far more than they hold. */
import type { Budget } from './body-budget.ts';

export interface HeldBytesOptions {
  readonly maxBytes: number;
  /** What is held counts here. */
  readonly budget: Budget;
}

const firstBytes = 4_096;

export class HeldBytes {
  readonly #options: HeldBytesOptions;
  #bytes = Buffer.alloc(0);
  #length = 0;

  constructor(options: HeldBytesOptions) {
    this.#options = options;
  }

  get length(): number {
    return this.#length;
  }

  /** `too-large`: beyond `maxBytes`. `no-room`: the budget is spent. Then nothing of the piece is held. */
  add(piece: Buffer): 'held' | 'too-large' | 'no-room' {
    const { maxBytes, budget } = this.#options;
    const needed = this.#length + piece.length;
    if (needed > maxBytes) return 'too-large';
    if (needed > this.#bytes.length) {
      const size = Math.min(maxBytes, Math.max(firstBytes, needed, this.#bytes.length * 2));
      if (!budget.take(size - this.#bytes.length)) return 'no-room';
      const grown = Buffer.alloc(size);
      this.#bytes.copy(grown, 0, 0, this.#length);
      this.#bytes = grown;
    }
    piece.copy(this.#bytes, this.#length);
    this.#length = needed;
    return 'held';
  }

  /** All that was held; nothing is from now on. */
  take(): Buffer {
    const taken = this.#bytes.subarray(0, this.#length);
    this.#options.budget.give(this.#bytes.length);
    this.#bytes = Buffer.alloc(0);
    this.#length = 0;
    return taken;
  }
}

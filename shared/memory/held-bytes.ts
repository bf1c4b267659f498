/** Bytes that are put together in one growing buffer: pieces of a byte each, kept apart, would cost far more than they hold. */
import type { Budget } from './byte-budget.ts';

export interface HeldBytesOptions {
  readonly maxBytes: number;
  /** What is held counts here. */
  readonly budget: Budget;
}

const firstBytes = 1_024;

export class HeldBytes {
  readonly #options: HeldBytesOptions;
  #buffer = Buffer.alloc(0);
  #length = 0;

  constructor(options: HeldBytesOptions) {
    this.#options = options;
  }

  get length(): number {
    return this.#length;
  }

  /** What is held, not copied. It stays as it is whatever is added or dropped later. */
  get bytes(): Buffer {
    return this.#buffer.subarray(0, this.#length);
  }

  /** `too-large`: beyond `maxBytes`. `no-room`: the budget is spent. Then nothing of the piece is held. */
  add(piece: Buffer): 'held' | 'too-large' | 'no-room' {
    const { maxBytes, budget } = this.#options;
    const needed = this.#length + piece.length;
    if (needed > maxBytes) return 'too-large';
    if (needed > this.#buffer.length) {
      const size = Math.min(maxBytes, Math.max(firstBytes, needed, this.#buffer.length * 2));
      if (!budget.take(size - this.#buffer.length)) return 'no-room';
      const grown = Buffer.allocUnsafeSlow(size);
      this.#buffer.copy(grown, 0, 0, this.#length);
      this.#buffer = grown;
    }
    piece.copy(this.#buffer, this.#length);
    this.#length = needed;
    return 'held';
  }

  /** All that was held; nothing is from now on. */
  take(): Buffer {
    const taken = this.bytes;
    this.drop();
    return taken;
  }

  /** Nothing is held from now on. */
  drop(): void {
    this.#options.budget.give(this.#buffer.length);
    this.#buffer = Buffer.alloc(0);
    this.#length = 0;
  }
}

/** What has been read of one request body, for the tries to come: all of it or nothing. */
import { HeldBytes, type HeldBytesOptions } from '#shared/memory/held-bytes.ts';

const pieceBytes = 64 * 1024;

export class ReplayTape {
  readonly #held: HeldBytes;
  #isWhole = true;

  constructor(limits: HeldBytesOptions) {
    this.#held = new HeldBytes(limits);
  }

  /** Whether everything that was read is here. */
  get isWhole(): boolean {
    return this.#isWhole;
  }

  /** Keeps one more piece; with the one that is too much everything is dropped, for a part is of no use. */
  append(piece: Buffer): void {
    if (this.#isWhole && this.#held.add(piece) !== 'held') this.drop();
  }

  /** The next piece from there on; null at the end. */
  pieceFrom(offset: number): Buffer | null {
    return offset >= this.#held.length ? null : this.#held.bytes.subarray(offset, offset + pieceBytes);
  }

  /** Keeps nothing from now on. */
  drop(): void {
    this.#held.drop();
    this.#isWhole = false;
  }
}

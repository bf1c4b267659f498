/** What has been read of one request body, in one piece of memory: a body that comes in crumbs costs no more than another. */
import type { ReplayRoom } from './replay-room.ts';

const firstBytes = 1024;
const pieceBytes = 64 * 1024;

export class ReplayTape {
  readonly #room: ReplayRoom;
  #kept = Buffer.alloc(0);
  #length = 0;
  #isWhole = true;

  constructor(room: ReplayRoom) {
    this.#room = room;
  }

  /** Whether everything that was read is here. */
  get isWhole(): boolean {
    return this.#isWhole;
  }

  /** Keeps one more piece; with the one that is too much everything is dropped, for a part is of no use. */
  append(piece: Buffer): void {
    if (!this.#isWhole) return;
    if (!this.#reserve(this.#length + piece.length)) return this.drop();
    piece.copy(this.#kept, this.#length);
    this.#length += piece.length;
  }

  /** The next piece from there on; null at the end. */
  pieceFrom(offset: number): Buffer | null {
    if (offset >= this.#length) return null;
    return this.#kept.subarray(offset, Math.min(this.#length, offset + pieceBytes));
  }

  /** Keeps nothing from now on. */
  drop(): void {
    this.#room.give(this.#kept.length);
    this.#kept = Buffer.alloc(0);
    this.#length = 0;
    this.#isWhole = false;
  }

  #reserve(bytes: number): boolean {
    const present = this.#kept;
    if (bytes <= present.length) return true;
    const wanted = Math.min(Math.max(bytes, present.length * 2, firstBytes), this.#room.bytesPerCall);
    if (wanted < bytes || !this.#room.tryTake(wanted - present.length)) return false;
    this.#kept = Buffer.allocUnsafeSlow(wanted);
    present.copy(this.#kept, 0, 0, this.#length);
    return true;
  }
}

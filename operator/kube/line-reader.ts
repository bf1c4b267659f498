/** Bytes -> lines of bounded length. Holds the beginning of one line at most. */

export type ReadLine = { readonly state: 'line'; readonly text: string } | { readonly state: 'overlong' };

const lineFeed = 0x0a;

export class LineReader {
  readonly #maxBytes: number;
  #pieces: Uint8Array[] = [];
  #heldBytes = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** The bytes of a line that has begun and not ended. */
  get heldBytes(): number {
    return this.#heldBytes;
  }

  /** The lines that these bytes complete, empty ones left out. Ends with `overlong` where a line is: nothing after it counts. */
  *push(chunk: Uint8Array): Generator<ReadLine, void, void> {
    let start = 0;
    for (let end = chunk.indexOf(lineFeed); end !== -1; end = chunk.indexOf(lineFeed, start)) {
      if (!this.#hold(chunk.subarray(start, end))) {
        yield { state: 'overlong' };
        return;
      }
      start = end + 1;
      const text = this.#take();
      if (text !== '') yield { state: 'line', text };
    }
    if (!this.#hold(chunk.subarray(start))) yield { state: 'overlong' };
  }

  #hold(piece: Uint8Array): boolean {
    if (this.#heldBytes + piece.length > this.#maxBytes) return false;
    if (piece.length > 0) this.#pieces.push(piece);
    this.#heldBytes += piece.length;
    return true;
  }

  #take(): string {
    const text = Buffer.concat(this.#pieces, this.#heldBytes).toString('utf8');
    this.#pieces = [];
    this.#heldBytes = 0;
    return text;
  }
}

/** Bytes -> lines, holding no more than one line of bounded length. Pure apart from what it holds. */

export interface LineSplitterOptions {
  readonly maxLineBytes: number;
  /** Each whole line, without its line feed. Empty lines are left out. */
  readonly onLine: (line: string, bytes: number) => void;
  /** A line is too long; it is skipped up to its end. */
  readonly onOverlongLine: () => void;
}

const lineFeed = 0x0a;

export class LineSplitter {
  readonly #options: LineSplitterOptions;
  #pieces: Buffer[] = [];
  #heldBytes = 0;
  #isSkipping = false;

  constructor(options: LineSplitterOptions) {
    this.#options = options;
  }

  /** Takes what arrived; every line that it completes is handed on before this returns. */
  push(chunk: Buffer): void {
    let start = 0;
    for (let end = chunk.indexOf(lineFeed); end !== -1; end = chunk.indexOf(lineFeed, start)) {
      this.#hold(chunk.subarray(start, end));
      this.#endLine();
      start = end + 1;
    }
    if (start < chunk.length) this.#hold(chunk.subarray(start));
  }

  #hold(piece: Buffer): void {
    if (this.#isSkipping) return;
    this.#heldBytes += piece.length;
    if (this.#heldBytes <= this.#options.maxLineBytes) {
      this.#pieces.push(piece);
      return;
    }
    this.#isSkipping = true;
    this.#pieces = [];
    this.#options.onOverlongLine();
  }

  #endLine(): void {
    const pieces = this.#pieces;
    const bytes = this.#heldBytes;
    const isWhole = !this.#isSkipping && bytes > 0;
    this.#pieces = [];
    this.#heldBytes = 0;
    this.#isSkipping = false;
    if (isWhole) this.#options.onLine(Buffer.concat(pieces).toString('utf8'), bytes);
  }
}

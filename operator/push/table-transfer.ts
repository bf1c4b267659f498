/**
 * One table on its way to one proxy, a piece at a time: nothing is put together before the connection can take it. Names that
 * went come first, so that a name that moved between the two sets of a table is not lost.
 */
import type { Endpoint, TableOptions } from '#shared/table/endpoint-table.ts';
import { deleteLine, type MessageLines } from './message-lines.ts';
import type { SetDifference } from './set-differences.ts';

export interface TableTransferOptions {
  readonly differences: readonly SetDifference[];
  readonly revision: string;
  readonly options: TableOptions;
  readonly lines: MessageLines;
  readonly pieceBytes: number;
}

export class TableTransfer {
  /** How many endpoints come, change or go. */
  readonly changes: number;
  readonly #lines: Iterator<Buffer, void>;
  readonly #pieceBytes: number;
  /** Begins the next piece; null: the last line has been given. */
  #next: Buffer | null;

  constructor({ differences, revision, options, lines, pieceBytes }: TableTransferOptions) {
    const deletes = differences.flatMap((difference) => difference.deletes);
    const upserts = differences.map((difference) => difference.upserts);
    this.changes = deletes.length + upserts.reduce((sum, { length }) => sum + length, 0);
    this.#lines = messages({ deletes, upserts, revision, options, lines });
    this.#next = this.#takeLine();
    this.#pieceBytes = pieceBytes;
  }

  /** Whether the last piece has been given. */
  get isComplete(): boolean {
    return this.#next === null;
  }

  /** The next whole lines, of at most `pieceBytes` together; at least one. */
  nextPiece(): Buffer {
    const piece: Buffer[] = [];
    let bytes = 0;
    while (this.#next !== null && (piece.length === 0 || bytes + this.#next.length <= this.#pieceBytes)) {
      piece.push(this.#next);
      bytes += this.#next.length;
      this.#next = this.#takeLine();
    }
    return piece.length === 1 && piece[0] !== undefined ? piece[0] : joined(piece, bytes);
  }

  #takeLine(): Buffer | null {
    const next = this.#lines.next();
    return next.done === true ? null : next.value;
  }
}

/** Not from Node's pool: a slow proxy would hold up all that shares the slab. */
function joined(lines: readonly Buffer[], bytes: number): Buffer {
  const whole = Buffer.allocUnsafeSlow(bytes);
  let at = 0;
  for (const line of lines) at += line.copy(whole, at);
  return whole;
}

interface Messages {
  readonly deletes: readonly string[];
  readonly upserts: readonly (readonly Endpoint[])[];
  readonly revision: string;
  readonly options: TableOptions;
  readonly lines: MessageLines;
}

function* messages({ deletes, upserts, revision, options, lines }: Messages): Generator<Buffer, void> {
  for (const name of deletes) yield deleteLine(name);
  for (const endpoints of upserts) for (const endpoint of endpoints) yield lines.upsert(endpoint);
  yield lines.synced(revision, options);
}

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
  readonly #lines: Iterator<Buffer>;
  readonly #pieceBytes: number;
  #left: number;

  constructor({ differences, revision, options, lines, pieceBytes }: TableTransferOptions) {
    const deletes = differences.flatMap((difference) => difference.deletes);
    const upserts = differences.map((difference) => difference.upserts);
    this.changes = deletes.length + upserts.reduce((sum, { length }) => sum + length, 0);
    this.#lines = messages({ deletes, upserts, revision, options, lines });
    this.#left = this.changes + 1;
    this.#pieceBytes = pieceBytes;
  }

  /** Whether the last piece has been given. */
  get isComplete(): boolean {
    return this.#left === 0;
  }

  /** The next whole lines, of about `pieceBytes` together; at least one. */
  nextPiece(): Buffer {
    const piece: Buffer[] = [];
    let bytes = 0;
    while (bytes < this.#pieceBytes && this.#left > 0) {
      const next = this.#lines.next();
      if (next.done === true) break;
      piece.push(next.value);
      bytes += next.value.length;
      this.#left -= 1;
    }
    return Buffer.concat(piece, bytes);
  }
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

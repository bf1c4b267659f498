/** What the tables tell about themselves as it happens; the rest is read from the TableBook when somebody asks. */

export interface TableRound {
  /** Of compiling, putting the sets together not included. */
  readonly compileMs: number;
  /** Endpoints that were looked at. */
  readonly endpoints: number;
  /** Of these, the ones whose entry came, went or became another. */
  readonly changed: number;
}

export interface TableMetrics {
  roundFinished(round: TableRound): void;
}

/** Counts nothing. */
export const noTableMetrics: TableMetrics = { roundFinished: () => undefined };

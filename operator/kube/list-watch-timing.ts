/** The times of a list-watch, in milliseconds unless it says otherwise. */

export interface ListWatchTiming {
  /** Bounds of what a watch asks for as `timeoutSeconds`, in seconds. */
  readonly watchSeconds: { readonly least: number; readonly most: number };
  /**
   * The API server sends a bookmark about once a minute, but the first one of a quiet kind after two (measured), and promises none: so a
   * silent watch is replaced, and not called a failure.
   */
  readonly silenceMs: number;
  /** Between complete lists, give or take a fifth. */
  readonly relistMs: number;
  readonly firstBackoffMs: number;
  readonly longestBackoffMs: number;
  /** A watch that has lived so long makes up for all failures before it. */
  readonly healthyMs: number;
  /** A kind that was there may be refused or unknown for so long, as while an API server starts, before the run ends. */
  readonly refusalGraceMs: number;
}

export const defaultListWatchTiming: ListWatchTiming = {
  watchSeconds: { least: 240, most: 480 },
  silenceMs: 150_000,
  relistMs: 600_000,
  firstBackoffMs: 250,
  longestBackoffMs: 30_000,
  healthyMs: 60_000,
  refusalGraceMs: 15_000,
};

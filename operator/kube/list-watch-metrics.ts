/** What is counted about list-watches. Labels come from fixed sets: kinds of resource-types.ts and the reasons here. */

/** Why a watch was over. */
export type WatchEnd =
  /** The server ended it in order, as it does after `timeoutSeconds`. */
  | 'closed'
  /** The connection broke, or the server ended in the middle of a line. */
  | 'cut'
  /** Nothing came for too long, not even a bookmark. */
  | 'silent'
  /** The version to go on from is gone (410). */
  | 'expired'
  /** 429. */
  | 'throttled'
  /** Another answer or event that is an error. */
  | 'failed'
  /** No answer at all. */
  | 'unreachable'
  | 'unparsable'
  | 'overlong';

/** Why everything was listed. */
export type ListReason = 'first' | 'expired' | 'unparsable' | 'overlong' | 'stuck' | 'periodic';

/** `kind` is `plural.group`. */
export interface ListWatchMetrics {
  watchEnded(kind: string, end: WatchEnd): void;
  /** After a complete list. */
  listed(kind: string, reason: ListReason): void;
  listFailed(kind: string): void;
}

/** Counts nothing. */
export const noListWatchMetrics: ListWatchMetrics = {
  watchEnded: () => undefined,
  listed: () => undefined,
  listFailed: () => undefined,
};

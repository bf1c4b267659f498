/** What the writing of status tells about itself. Every label is from a closed set. */

/** Implementations only count. */
export interface StatusMetrics {
  /** `outdated`: the object was changed or deleted meanwhile; if it is there, it is written again. */
  statusWritten(outcome: 'written' | 'failed' | 'outdated'): void;
  /** `dropped`: there were too many, or the API server does not take it. */
  eventWritten(outcome: 'written' | 'dropped'): void;
  /** Objects of a kind whose status waits to be written. */
  waiting(kind: string, objects: number): void;
  /** False: the CRD that is installed has no status, so there are Events only. */
  statusSupported(kind: string, isSupported: boolean): void;
}

/** Counts nothing. */
export const noStatusMetrics: StatusMetrics = {
  statusWritten: () => undefined,
  eventWritten: () => undefined,
  waiting: () => undefined,
  statusSupported: () => undefined,
};

/** How long to wait at most after failures in a row, so that what is away is not hurried: it doubles with each of them. Pure. */

export interface Growth {
  /** After one failure. */
  readonly firstMs: number;
  readonly longestMs: number;
}

/** Milliseconds. `failures`: in a row, at least one. Callers take a random part of it, so that they come one by one. */
export function growingDelayMs({ firstMs, longestMs }: Growth, failures: number): number {
  return Math.min(longestMs, firstMs * 2 ** Math.min(failures - 1, 30));
}

/** What the other replicas of the operator count, so that one can say it for all. */
import type { ProgrammedCount, ProgrammedCounts } from '../push/programmed-counts.ts';

/** Sums over the other replicas. */
export interface PeerCounts extends ProgrammedCounts {
  /** False: a replica that seems to live has not been asked yet, so the sums may be too low. */
  isComplete(): boolean;
}

/** Both together. */
export function sumOfCounts(a: ProgrammedCount, b: ProgrammedCount): ProgrammedCount {
  return { entitled: a.entitled + b.entitled, programmed: a.programmed + b.programmed };
}

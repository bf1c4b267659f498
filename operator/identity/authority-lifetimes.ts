/** How long what the operator signs is good for. All in milliseconds. */

export interface AuthorityLifetimes {
  /** Of a certificate authority. */
  readonly authorityMs: number;
  /** A successor is made when the authority has less left than this. */
  readonly rotateBeforeMs: number;
  /** How long a successor is trusted everywhere before it signs. */
  readonly overlapMs: number;
  /** Of a serving certificate; renewed when two thirds are over. */
  readonly servingMs: number;
}

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;

/** A year, with four months to find out why a rotation does not happen. */
export const defaultLifetimes: AuthorityLifetimes = {
  authorityMs: 365 * dayMs,
  rotateBeforeMs: 120 * dayMs,
  overlapMs: 2 * dayMs,
  servingMs: dayMs,
};

/** Certificates begin so long before they are made, for clocks that are behind. */
export const backdatedMs = 300_000;

/** What the writing of Services tells about itself. */

/** Implementations only count. */
export interface ServiceMetrics {
  serviceWritten(outcome: 'created' | 'updated' | 'deleted' | 'failed'): void;
  /** How many there are of the operator's, and how many of others are in the way. Both 0 where this replica does not lead. */
  services(counts: { readonly own: number; readonly foreign: number }): void;
}

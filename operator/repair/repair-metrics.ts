/** What the repair of Pods tells about itself. */

/** Implementations only count. */
export interface RepairMetrics {
  /** How many were found at the last look. 0 where this replica does not lead. */
  podsWithoutProxy(count: number): void;
  /** `refused`: the disruption budget did not allow it now. */
  eviction(outcome: 'evicted' | 'refused' | 'failed'): void;
}

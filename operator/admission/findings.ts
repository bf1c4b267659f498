/** What the checks of one object give, and what they may look at beside it. */
import type { SecretStoreKind } from '../tables/table-feed.ts';

export interface ObjectFindings {
  /** A sentence each: the object can never work as it stands. */
  readonly errors: readonly string[];
  /** It works, doubtfully. */
  readonly warnings: readonly string[];
}

/** What is known of the cluster, for warnings only. */
export interface Surroundings {
  readonly secretStoreKind: (namespace: string, store: string) => SecretStoreKind;
}

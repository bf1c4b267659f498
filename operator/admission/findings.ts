/** What the checks of one object give, and what they may look at beside it. */
import type { Component } from '#shared/resources/component.ts';
import type { Resiliency } from '#shared/resources/resiliency.ts';
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
  /** Whatever their scopes. `null`: not known yet. */
  readonly resiliencies: (namespace: string) => readonly Resiliency[] | null;
  readonly middleware: (namespace: string) => readonly Component[] | null;
}

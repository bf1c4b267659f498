/** The cluster that the test files of a run share, one after the other: each leaves it as it was. */
import { inject } from 'vitest';
import type { ClusterAccess } from './cluster-access.ts';
import { type Cluster, connectCluster } from './connect-cluster.ts';

declare module 'vitest' {
  interface ProvidedContext {
    readonly cluster: ClusterAccess;
  }
}

/** Connects to it. */
export function sharedCluster(): Cluster {
  return connectCluster(inject('cluster'));
}

/** Everything through which the operator reaches the API server. */
import type { Clock } from '#shared/clock/clock.ts';
import type { Logger } from '#shared/logger/logger.ts';
import type { OperatorSettings } from '#shared/settings/operator-settings.ts';
import { createKubeClient } from './kube/create-kube-client.ts';
import type { Discovery, KubeClient, VersionReader } from './kube/kube-client.ts';
import { loadClusterAccess } from './kube/kube-config.ts';
import { createListWatch } from './kube/create-list-watch.ts';
import type { ObjectSource } from './kube/object-source.ts';
import type { ListWatchMetrics } from './kube/list-watch-metrics.ts';
import type { CreateListWatch } from './source/kind-watch.ts';

export interface OperatorKube {
  readonly client: KubeClient & Discovery & VersionReader & Pick<ObjectSource, 'listPage'>;
  readonly createListWatch: CreateListWatch;
  /** Ends all connections. */
  close(): Promise<void>;
}

export interface OperatorKubeOptions {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics: ListWatchMetrics;
}

/** Throws ConfigError when the settings name no way to the API server. Asks nobody yet. */
export async function openKube(
  { kubeconfig, inCluster }: Pick<OperatorSettings, 'kubeconfig' | 'inCluster'>,
  { clock, logger, metrics }: OperatorKubeOptions,
): Promise<OperatorKube> {
  const access = await loadClusterAccess({ kubeconfig, inCluster, clock });
  const client = createKubeClient({ access, clock });
  return {
    client,
    createListWatch: (options) => createListWatch(options, { source: client, clock, logger, metrics }),
    close: () => client.close(),
  };
}

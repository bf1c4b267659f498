/** Removes the Leases of replicas that were killed: nobody else would, and each new Pod has another name. */
import type { Clock } from '#shared/clock/clock.ts';
import { LinkError } from '#shared/errors/link-error.ts';
import type { Logger } from '#shared/logger/logger.ts';
import type { KubeClient } from '../kube/kube-client.ts';
import { leases } from '../kube/resource-types.ts';
import { splitNamespacedKey } from '../source/namespaced-key.ts';
import type { ReplicaDirectory } from './replica-directory.ts';

export interface RemoveStaleLeasesOptions {
  readonly kube: Pick<KubeClient, 'delete'>;
  readonly directory: Pick<ReplicaDirectory, 'stale'>;
  readonly clock: Clock;
  readonly logger: Logger;
}

const lookMs = 60_000;

/** Looks once a minute until the signal is aborted. Only the leader runs it. */
export async function removeStaleLeases(options: RemoveStaleLeasesOptions, signal: AbortSignal): Promise<void> {
  const { kube, directory, clock, logger } = options;
  while (!signal.aborted) {
    await clock.sleep(lookMs, signal);
    for (const { key, resourceVersion } of signal.aborted ? [] : directory.stale()) {
      try {
        // Not one that was renewed meanwhile.
        await kube.delete(leases, splitNamespacedKey(key), { signal, preconditions: { resourceVersion } });
        logger.info('the Lease of a replica that is gone was removed', { lease: key });
      } catch (err) {
        if (!(err instanceof LinkError)) throw err;
        if (!signal.aborted && err.status !== 404 && err.status !== 409) {
          logger.warn('the Lease of a replica that is gone cannot be removed', { lease: key, err });
        }
      }
    }
  }
}

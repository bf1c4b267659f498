/** Says that this replica is there and where, in a Lease of its own, so that the others find it. */
import type { Clock } from '#shared/clock/clock.ts';
import type { Logger } from '#shared/logger/logger.ts';
import type { KubeClient } from '../kube/kube-client.ts';
import { microTimeFrom } from '../kube/lease-record.ts';
import { leases } from '../kube/resource-types.ts';
import { ownersFor, type ObjectOwner } from '../ownership/object-owner.ts';

/** On the Lease of each replica; the Lease that elects the leader does not have it. */
export const replicaLabel = 'farpoint.dev/replica';
/** `host:port` of the push server. */
export const addressAnnotation = 'farpoint.dev/address';

const fieldManager = 'farpoint-operator';
const namePrefix = 'farpoint-replica-';
/** How long the Lease may take to go at the end: it runs out by itself, too. */
const farewellMs = 1_000;

export interface ReplicaPresenceOptions {
  readonly kube: Pick<KubeClient, 'apply' | 'delete'>;
  /** The operator's own. */
  readonly namespace: string;
  readonly replicaName: string;
  readonly address: string;
  /** Without a renewal for so long, the others count this replica as gone. */
  readonly durationMs: number;
  /** Of the Lease. */
  readonly owner: ObjectOwner;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Renews the Lease until the signal is aborted, then removes it. Resolves after that. Never rejects. */
export async function keepPresence(options: ReplicaPresenceOptions, signal: AbortSignal): Promise<void> {
  const { durationMs, clock, logger } = options;
  let isFailing = false;
  while (!signal.aborted) {
    try {
      await renew(options, signal);
      isFailing = false;
    } catch (err) {
      if (!signal.aborted && !isFailing) logger.warn('the Lease of this replica cannot be renewed', { err });
      isFailing = true;
    }
    await clock.sleep(durationMs / 3, signal);
  }
  const { kube, namespace, replicaName } = options;
  const farewell = new AbortController();
  const timer = clock.after(farewellMs, () => farewell.abort());
  await kube
    .delete(leases, { namespace, name: namePrefix + replicaName }, { signal: farewell.signal })
    .catch(() => undefined);
  timer.cancel();
}

async function renew(options: ReplicaPresenceOptions, signal: AbortSignal): Promise<void> {
  const { kube, namespace, replicaName, address, durationMs, owner, clock } = options;
  const lease = {
    apiVersion: 'coordination.k8s.io/v1',
    kind: 'Lease',
    metadata: {
      name: namePrefix + replicaName,
      namespace,
      labels: { [replicaLabel]: 'true' },
      annotations: { [addressAnnotation]: address },
      ...ownersFor(null, owner),
    },
    spec: {
      holderIdentity: replicaName,
      leaseDurationSeconds: Math.max(1, Math.round(durationMs / 1_000)),
      renewTime: microTimeFrom(clock.epochMs()),
    },
  };
  await kube.apply(leases, lease, { signal, fieldManager, force: true });
}

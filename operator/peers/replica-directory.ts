/**
 * The other replicas, from their Leases. Whether one is still there is judged by when its Lease was last seen to change, so
 * that clocks need not agree.
 */
import type { Clock } from '#shared/clock/clock.ts';
import { recordFrom } from '#shared/resources/read-field.ts';
import type { KubeObject } from '../kube/kube-object.ts';
import type { ObjectKeeper } from '../source/kind-watch.ts';
import { namespacedKey } from '../source/namespaced-key.ts';
import { addressAnnotation } from './replica-presence.ts';

export interface Replica {
  readonly name: string;
  /** `host:port`. */
  readonly address: string;
}

/** The Lease of a replica. */
export interface ReplicaLease {
  /** `namespace/name`. */
  readonly key: string;
  readonly resourceVersion: string;
}

interface SeenReplica extends Replica, ReplicaLease {
  readonly durationMs: number;
  readonly seenAtMs: number;
}

export interface ReplicaDirectoryOptions {
  /** This one, which is not among the others. */
  readonly ownName: string;
  readonly clock: Clock;
}

/** More than anybody runs; a bound for what somebody could create. */
const maxReplicas = 32;
const longestDurationMs = 600_000;
/** A replica whose Lease has not changed for so long does not come back. */
const staleMs = 600_000;

export class ReplicaDirectory implements ObjectKeeper {
  readonly #options: ReplicaDirectoryOptions;
  readonly #replicasByKey = new Map<string, SeenReplica>();

  constructor(options: ReplicaDirectoryOptions) {
    this.#options = options;
  }

  /** The other replicas whose Lease holds. */
  others(): readonly Replica[] {
    const nowMs = this.#options.clock.monotonicMs();
    return [...this.#replicasByKey.values()]
      .filter(({ seenAtMs, durationMs }) => nowMs - seenAtMs < durationMs)
      .slice(0, maxReplicas);
  }

  /** Leases that nobody renews any more. */
  stale(): readonly ReplicaLease[] {
    const nowMs = this.#options.clock.monotonicMs();
    return [...this.#replicasByKey.values()].filter(
      ({ seenAtMs, durationMs }) => nowMs - seenAtMs >= durationMs + staleMs,
    );
  }

  keys(): Iterable<string> {
    return this.#replicasByKey.keys();
  }

  upsert(object: KubeObject): void {
    const { ownName, clock } = this.#options;
    const spec = recordFrom(object['spec']);
    const name = spec?.['holderIdentity'];
    const seconds = spec?.['leaseDurationSeconds'];
    const address = object.metadata.annotations?.[addressAnnotation];
    const key = namespacedKey(object);
    if (typeof name !== 'string' || typeof seconds !== 'number' || address === undefined) return this.remove(key);
    if (name === ownName) return;
    this.#replicasByKey.set(key, {
      key,
      name,
      address,
      resourceVersion: object.metadata.resourceVersion,
      durationMs: Math.min(longestDurationMs, seconds * 1_000),
      seenAtMs: clock.monotonicMs(),
    });
  }

  remove(key: string): void {
    this.#replicasByKey.delete(key);
  }
}

/**
 * A ClusterRole as the owner. Its uid says which one is meant: after a new installation there is another of the same name, and
 * the garbage collector takes what still names the former one.
 */
import type { Clock } from '#shared/clock/clock.ts';
import { LinkError } from '#shared/errors/link-error.ts';
import type { Logger } from '#shared/logger/logger.ts';
import { Backoff } from '../kube/backoff.ts';
import type { KubeClient } from '../kube/kube-client.ts';
import type { OwnerReference } from '../kube/kube-object.ts';
import { clusterRoles } from '../kube/resource-types.ts';
import type { ObjectOwner } from './object-owner.ts';

export interface ClusterRoleOwnerOptions {
  readonly kube: Pick<KubeClient, 'get'>;
  /** Of the ClusterRole; `''`: there is no owner. */
  readonly name: string;
  readonly clock: Clock;
  readonly logger: Logger;
}

const lookMs = 60_000;

export class ClusterRoleOwner implements ObjectOwner {
  readonly #options: ClusterRoleOwnerOptions;
  readonly #listeners = new Set<() => void>();
  #reference: OwnerReference | null = null;
  /** Said once, until it is there. */
  #isMissing = false;

  constructor(options: ClusterRoleOwnerOptions) {
    this.#options = options;
  }

  reference(): OwnerReference | null {
    return this.#reference;
  }

  onChanged(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /** Resolves when the API server has answered whether there is one: what is made before that would have no owner. */
  async open(signal: AbortSignal): Promise<void> {
    const { name, clock, logger } = this.#options;
    if (name === '') return;
    const backoff = new Backoff({ firstMs: 500, longestMs: 15_000, random: Math.random });
    while (!signal.aborted) {
      try {
        return await this.#look(signal);
      } catch (err) {
        if (!(err instanceof LinkError)) throw err;
        if (signal.aborted) return;
        if (backoff.failures === 0) logger.warn('the owner cannot be read, trying again', { err });
        await clock.sleep(backoff.failed({ retryAfterMs: err.retryAfterMs, workedMs: 0 }), signal);
      }
    }
  }

  /** Looks once a minute until the signal is aborted. */
  async run(signal: AbortSignal): Promise<void> {
    const { name, clock, logger } = this.#options;
    while (!signal.aborted && name !== '') {
      await clock.sleep(lookMs, signal);
      try {
        if (!signal.aborted) await this.#look(signal);
      } catch (err) {
        if (!(err instanceof LinkError)) throw err;
        if (!signal.aborted) logger.debug('the owner cannot be read', { err });
      }
    }
  }

  /** Throws LinkError when it may be otherwise in a moment. */
  async #look(signal: AbortSignal): Promise<void> {
    const { kube, name, logger } = this.#options;
    try {
      const { metadata } = await kube.get(clusterRoles, { name }, { signal, isMetadataOnly: true });
      this.#isMissing = false;
      if (metadata.uid !== this.#reference?.uid) this.#becomes(metadata.uid);
    } catch (err) {
      if (!(err instanceof LinkError) || err.kind === 'transient') throw err;
      // Being uninstalled, perhaps: what is made now goes with the rest, so the reference stays.
      if (!this.#isMissing) {
        const advice = 'install it, permit the operator to read it, or leave --owner-cluster-role out';
        logger.warn('the owner cannot be read; what is made before it is there will have to be removed by hand', {
          clusterRole: name,
          advice,
          err,
        });
      }
      this.#isMissing = true;
    }
  }

  #becomes(uid: string): void {
    const { name, logger } = this.#options;
    this.#reference = { apiVersion: 'rbac.authorization.k8s.io/v1', kind: 'ClusterRole', name, uid };
    logger.info('the owner of what the operator makes is known', { clusterRole: name, uid });
    for (const listener of this.#listeners) listener();
  }
}

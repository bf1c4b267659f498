/**
 * Puts what proxies trust into a ConfigMap of every namespace that has some, and keeps it there. Only the leader runs it. Each
 * one is read by its name, so that the operator needs no right to read other ConfigMaps.
 */
import type { Clock } from '#shared/clock/clock.ts';
import { LinkError } from '#shared/errors/link-error.ts';
import type { Logger } from '#shared/logger/logger.ts';
import type { KubeClient, NewObject } from '../kube/kube-client.ts';
import type { KubeObject } from '../kube/kube-object.ts';
import { trustBundleConfigMap } from '../kube/permissions.ts';
import type { ObjectChange } from '../kube/list-watch.ts';
import { configMaps } from '../kube/resource-types.ts';
import { hasOwner, ownersFor, type ObjectOwner } from '../ownership/object-owner.ts';
import type { Warning } from '../warning-event.ts';
import { manager, managerLabel } from '../ownership/managed-by.ts';
import type { PodDirectory } from './pod-directory.ts';

/** The field that volumes show as a file. */
export const trustBundleField = 'ca.crt';

export interface TrustBundlesOptions {
  readonly client: KubeClient;
  readonly pods: PodDirectory;
  readonly authority: {
    bundlePem(): string;
    onBundleChanged(listener: () => void): () => void;
  };
  readonly fieldManager: string;
  /** Of each ConfigMap. */
  readonly owner: ObjectOwner;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Makes an Event; called once for each ConfigMap that is in the way. */
  readonly warn: (warning: Warning) => void;
}

const checkMs = 60_000;
/** After a failure that may pass. */
const retryMs = 2000;

export class TrustBundles {
  readonly #options: TrustBundlesOptions;
  /** Namespaces whose first Pod waits: without the ConfigMap the kubelet does not start it, and tries less and less often. */
  readonly #urgent = new Set<string>();
  /** Other namespaces to look at. */
  readonly #due = new Set<string>();
  /** By namespace: what is in the way there, so that it is said once. */
  readonly #obstacles = new Map<string, string>();
  /** Namespaces that had what they should when last looked at. */
  readonly #served = new Set<string>();
  /** When to look at all of them again: not put off by what is due before. */
  #checkAtMs = 0;
  #wake: () => void = () => undefined;

  constructor(options: TrustBundlesOptions) {
    this.#options = options;
  }

  /** Writes what is missing or different, until the signal is aborted. */
  async run(signal: AbortSignal): Promise<void> {
    const { pods, authority, owner } = this.#options;
    const stops = [
      pods.onChange((change) => this.#podChanged(change)),
      authority.onBundleChanged(() => this.#lookEverywhere()),
      owner.onChanged(() => this.#lookEverywhere()),
    ];
    this.#lookEverywhere();
    try {
      while (!signal.aborted) {
        await this.#lookWhereDue(signal);
        await this.#rest(signal);
      }
    } finally {
      for (const stop of stops) stop();
      this.#wake = () => undefined;
    }
  }

  #podChanged({ kind, object }: ObjectChange): void {
    const { namespace = '' } = object.metadata;
    if (kind === 'delete') {
      // The namespace may go, too, and come again empty.
      if (!this.#options.pods.hasPodsIn(namespace)) this.#forget(namespace);
    } else if (![this.#served, this.#obstacles, this.#due].some((known) => known.has(namespace))) {
      this.#urgent.add(namespace);
      this.#wake();
    }
  }

  #forget(namespace: string): void {
    this.#served.delete(namespace);
    this.#obstacles.delete(namespace);
    this.#urgent.delete(namespace);
    this.#due.delete(namespace);
  }

  #lookEverywhere(): void {
    this.#checkAtMs = this.#options.clock.monotonicMs() + checkMs;
    this.#served.clear();
    for (const { metadata } of this.#options.pods.pods()) this.#due.add(metadata.namespace ?? '');
    this.#wake();
  }

  /** Until there is something to look at, and all again after a minute. */
  async #rest(signal: AbortSignal): Promise<void> {
    if (this.#urgent.size + this.#due.size > 0 || signal.aborted) return;
    const { clock } = this.#options;
    await new Promise<void>((resolve) => {
      const timer = clock.after(this.#checkAtMs - clock.monotonicMs(), () => this.#lookEverywhere());
      const wake = (): void => {
        timer.cancel();
        signal.removeEventListener('abort', wake);
        resolve();
      };
      this.#wake = wake;
      signal.addEventListener('abort', wake, { once: true });
    });
  }

  async #lookWhereDue(signal: AbortSignal): Promise<void> {
    for (let namespace = this.#next(); namespace !== null && !signal.aborted; namespace = this.#next()) {
      this.#urgent.delete(namespace);
      this.#due.delete(namespace);
      try {
        await this.#look(namespace, signal);
      } catch (err) {
        if (signal.aborted) return;
        if (!(err instanceof LinkError)) throw err;
        this.#failed(namespace, err);
      }
    }
  }

  #next(): string | null {
    for (const namespace of this.#urgent) return namespace;
    for (const namespace of this.#due) return namespace;
    return null;
  }

  async #look(namespace: string, signal: AbortSignal): Promise<void> {
    const { client, authority, fieldManager, owner, logger } = this.#options;
    const present = await this.#read(namespace, signal);
    const bundlePem = authority.bundlePem();
    const wanted = bundleObject(namespace, bundlePem, ownersFor(null, owner));
    const isGood = present !== null && textOf(present) === bundlePem && hasOwner(present.metadata, owner);
    if (present === null) {
      // Applied, because a permission to create cannot be limited by name; without force, lest somebody was faster.
      await client.apply(configMaps, wanted, { signal, fieldManager, force: false });
    } else if (present.metadata.labels?.[managerLabel] !== manager) {
      this.#isForeign(namespace, present);
      return;
    } else if (!isGood) {
      await client.apply(configMaps, wanted, { signal, fieldManager, force: true });
    }
    this.#obstacles.delete(namespace);
    this.#served.add(namespace);
    if (!isGood) logger.info('trust bundle written', { namespace, why: present === null ? 'missing' : 'different' });
  }

  async #read(namespace: string, signal: AbortSignal): Promise<KubeObject | null> {
    try {
      return await this.#options.client.get(configMaps, { namespace, name: trustBundleConfigMap }, { signal });
    } catch (err) {
      if (err instanceof LinkError && err.status === 404) return null;
      throw err;
    }
  }

  #failed(namespace: string, err: LinkError): void {
    const { pods, clock, logger } = this.#options;
    // A 409: somebody makes it at this moment.
    if (err.status !== 409) {
      this.#isObstacle(namespace, err.message, () => logger.warn('trust bundle cannot be written', { namespace, err }));
    }
    if (err.kind === 'fatal' && err.status !== 409) return;
    clock.after(Math.max(retryMs, err.retryAfterMs), () => {
      if (pods.hasPodsIn(namespace)) this.#due.add(namespace);
      this.#wake();
    });
  }

  #isForeign(namespace: string, configMap: KubeObject): void {
    const { logger, warn } = this.#options;
    const note =
      `ConfigMap ${trustBundleConfigMap} is not labelled ${managerLabel}=${manager}, so it is left alone, and proxies of this ` +
      'namespace cannot verify the operator: delete it, or label it';
    this.#isObstacle(namespace, configMap.metadata.uid, () => {
      logger.error('a ConfigMap of somebody else is in the way of the trust bundle', { namespace, advice: note });
      warn({
        object: configMap,
        apiVersion: 'v1',
        kind: 'ConfigMap',
        action: 'WriteTrustBundle',
        reason: 'ConfigMapNotOwned',
        note,
      });
    });
  }

  /** Says what is in the way once. */
  #isObstacle(namespace: string, obstacle: string, say: () => void): void {
    if (this.#obstacles.get(namespace) === obstacle) return;
    this.#obstacles.set(namespace, obstacle);
    say();
  }
}

function textOf({ data }: KubeObject): unknown {
  return typeof data === 'object' && data !== null && trustBundleField in data ? data[trustBundleField] : undefined;
}

function bundleObject(namespace: string, bundlePem: string, owners: ReturnType<typeof ownersFor>): NewObject {
  return {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: trustBundleConfigMap, namespace, labels: { [managerLabel]: manager }, ...owners },
    data: { [trustBundleField]: bundlePem },
  };
}

/**
 * Evicts Pods without a proxy, so that others with one take their place: few at a time, as disruption budgets allow, and of
 * each controller one at a time, the next one only after a Pod with a proxy has come. Of all controllers together as many wait
 * for theirs as were seen to get it before. An injector that does not work therefore costs few Pods, and never makes a loop.
 */
import type { Clock } from '#shared/clock/clock.ts';
import { LinkError } from '#shared/errors/link-error.ts';
import type { Logger } from '#shared/logger/logger.ts';
import { RecentMap } from '#shared/memory/recent-map.ts';
import type { PodDirectory } from '../identity/pod-directory.ts';
import type { KubeClient } from '../kube/kube-client.ts';
import { pods as podType } from '../kube/resource-types.ts';
import { namespacedKey } from '../source/namespaced-key.ts';
import type { RepairMetrics } from './repair-metrics.ts';
import { canBeReplaced, type UnproxiedPod } from './unproxied-pod.ts';

export interface EvictionsOptions {
  readonly kube: Pick<KubeClient, 'create'>;
  /** Those with a proxy. */
  readonly pods: PodDirectory;
  readonly perMinute: number;
  readonly metrics: RepairMetrics;
  readonly clock: Clock;
  readonly logger: Logger;
}

const minuteMs = 60_000;
const maxControllers = 10_000;
/** Who has no Pod with a proxy by then gets none. */
const patienceMs = 5 * minuteMs;

/** A controller that lost a Pod, and has none with a proxy for it yet. */
interface Waiting {
  readonly required: number;
  readonly sinceMs: number;
}

export class Evictions {
  readonly #options: EvictionsOptions;
  /** When, of the last minute. */
  #evictedAtMs: readonly number[] = [];
  /**
   * By uid of a controller that lost a Pod: how many Pods with a proxy it must have before it may lose another. Whoever deletes
   * one by hand, once the injector works, lets it go on.
   */
  readonly #requiredByController = new RecentMap<number>(maxControllers);
  /** By uid of the controller. */
  readonly #waiting = new Map<string, Waiting>();
  /** How many got what they waited for, since the last one that did not. */
  #answered = 0;
  /** Said once until one succeeds. */
  #isFailing = false;

  constructor(options: EvictionsOptions) {
    this.#options = options;
  }

  /** Evicts what may be. True: some have to wait that may be next time. `isStillMissing` looks at each right before. */
  async evict(
    unproxied: readonly UnproxiedPod[],
    isStillMissing: (candidate: UnproxiedPod) => Promise<boolean>,
    signal: AbortSignal,
  ): Promise<boolean> {
    const countsByController = this.#countByController();
    this.#lookAtWaiting(countsByController);
    let isWaiting = false;
    for (const candidate of unproxied.filter(canBeReplaced)) {
      if (signal.aborted || !this.#hasBudget() || !this.#isTrusted()) return true;
      const controller = candidate.controller?.uid ?? '';
      const count = countsByController.get(controller) ?? 0;
      if (count < (this.#requiredByController.get(controller) ?? 0)) continue;
      if (!(await isStillMissing(candidate))) continue;
      const outcome = await this.#evictOne(candidate, signal);
      if (outcome === 'forbidden') return false;
      if (outcome !== 'failed') isWaiting = true;
      if (outcome !== 'evicted') continue;
      const sinceMs = this.#options.clock.monotonicMs();
      this.#evictedAtMs = [...this.#evictedAtMs, sinceMs];
      this.#requiredByController.set(controller, count + 1);
      this.#waiting.set(controller, { required: count + 1, sinceMs });
    }
    return isWaiting;
  }

  #hasBudget(): boolean {
    const { perMinute, clock } = this.#options;
    const sinceMs = clock.monotonicMs() - minuteMs;
    this.#evictedAtMs = this.#evictedAtMs.filter((ms) => ms > sinceMs);
    return this.#evictedAtMs.length < perMinute;
  }

  /** Whether Pods with a proxy come often enough to risk another one. */
  #isTrusted(): boolean {
    return this.#waiting.size < Math.max(1, this.#answered);
  }

  #lookAtWaiting(countsByController: ReadonlyMap<string, number>): void {
    const nowMs = this.#options.clock.monotonicMs();
    for (const [controller, { required, sinceMs }] of this.#waiting) {
      const isAnswered = (countsByController.get(controller) ?? 0) >= required;
      if (!isAnswered && nowMs - sinceMs < patienceMs) continue;
      this.#waiting.delete(controller);
      this.#answered = isAnswered ? this.#answered + 1 : 0;
    }
  }

  #countByController(): ReadonlyMap<string, number> {
    const counts = new Map<string, number>();
    for (const { metadata } of this.#options.pods.pods()) {
      const controller = metadata.ownerReferences?.find((owner) => owner.controller === true);
      if (controller === undefined || metadata.deletionTimestamp !== undefined) continue;
      counts.set(controller.uid, (counts.get(controller.uid) ?? 0) + 1);
    }
    return counts;
  }

  async #evictOne({ pod }: UnproxiedPod, signal: AbortSignal): Promise<'evicted' | 'refused' | 'failed' | 'forbidden'> {
    const { kube, metrics, logger } = this.#options;
    const { name, namespace = '', uid } = pod.metadata;
    const eviction = {
      apiVersion: 'policy/v1',
      kind: 'Eviction',
      metadata: { name, namespace },
      deleteOptions: { preconditions: { uid } },
    };
    try {
      await kube.create(podType, eviction, { signal, subresource: 'eviction' });
      this.#isFailing = false;
      metrics.eviction('evicted');
      logger.info('a Pod without a proxy was evicted', { pod: namespacedKey(pod) });
      return 'evicted';
    } catch (err) {
      if (!(err instanceof LinkError)) throw err;
      // 404, 409: it is gone, or another one has its name.
      if (signal.aborted || err.status === 404 || err.status === 409) return 'failed';
      metrics.eviction(err.status === 429 ? 'refused' : 'failed');
      if (err.status === 429) return 'refused';
      if (!this.#isFailing) logger.warn('a Pod without a proxy cannot be evicted', { pod: namespacedKey(pod), err });
      this.#isFailing = true;
      return err.status === 403 ? 'forbidden' : 'failed';
    }
  }
}

/** How often each pod may ask for something. */
import type { Clock } from '#shared/clock/clock.ts';
import { RecentMap } from '#shared/memory/recent-map.ts';
import { TokenBucket } from '../identity/token-bucket.ts';

export interface PodRatesOptions {
  readonly clock: Clock;
  readonly perSecond: number;
  readonly burst: number;
  /** Pods that are remembered; the one that was quiet for longest is forgotten first. */
  readonly maxPods: number;
}

export class PodRates {
  readonly #options: PodRatesOptions;
  readonly #bucketsByPod: RecentMap<TokenBucket>;

  constructor(options: PodRatesOptions) {
    this.#options = options;
    this.#bucketsByPod = new RecentMap(options.maxPods);
  }

  /** False: too often. */
  take(podUid: string): boolean {
    const bucket = this.#bucketsByPod.get(podUid) ?? new TokenBucket(this.#options);
    this.#bucketsByPod.set(podUid, bucket);
    return bucket.take();
  }
}

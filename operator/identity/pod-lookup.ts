/** Finds a Pod by name and uid: in the watch's copy, or at the API server when the watch is behind. */
import type { Clock } from '#shared/clock/clock.ts';
import { LinkError } from '#shared/errors/link-error.ts';
import type { Logger } from '#shared/logger/logger.ts';
import type { KubeClient } from '../kube/kube-client.ts';
import type { KubeObject } from '../kube/kube-object.ts';
import { pods as podType } from '../kube/resource-types.ts';
import { ExpiringMap } from './expiring-map.ts';
import type { PodDirectory } from './pod-directory.ts';
import { TokenBucket } from './token-bucket.ts';

export interface PodLookupOptions {
  readonly client: KubeClient;
  readonly pods: PodDirectory;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Ends questions that are under way. */
  readonly signal: AbortSignal;
}

export interface PodKey {
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
}

export type PodLookupResult =
  /** `isWatched`: changes of this Pod will be told by the directory. */
  | { readonly state: 'found'; readonly pod: KubeObject; readonly isWatched: boolean }
  | { readonly state: 'gone' }
  | { readonly state: 'unavailable'; readonly message: string; readonly retryAfterMs: number };

/** A Pod without a proxy is never in the watch: its proxy-less insistence costs one question in that time. */
const keptMs = 5000;
const maxKept = 1024;
const retryAfterMs = 1000;

export class PodLookup {
  readonly #options: PodLookupOptions;
  readonly #kept: ExpiringMap<Promise<PodLookupResult>>;
  readonly #bucket: TokenBucket;

  constructor(options: PodLookupOptions) {
    const { clock } = options;
    this.#options = options;
    this.#kept = new ExpiringMap({ clock, maxEntries: maxKept });
    this.#bucket = new TokenBucket({ clock, perSecond: 50, burst: 200 });
  }

  /** Never throws. */
  async find({ namespace, name, uid }: PodKey): Promise<PodLookupResult> {
    const pod = this.#options.pods.pod(namespace, name);
    if (pod?.metadata.uid === uid) return { state: 'found', pod, isWatched: true };
    const kept = this.#kept.get(uid);
    if (kept !== undefined) return kept;
    if (!this.#bucket.take()) {
      return { state: 'unavailable', message: 'too many Pods wait to be looked up', retryAfterMs };
    }
    const asked = this.#ask({ namespace, name, uid });
    this.#kept.set(uid, asked, { lifetimeMs: keptMs });
    return asked;
  }

  async #ask({ namespace, name, uid }: PodKey): Promise<PodLookupResult> {
    const { client, logger, signal } = this.#options;
    try {
      const pod = await client.get(podType, { namespace, name }, { signal, isMetadataOnly: true });
      return pod.metadata.uid === uid ? { state: 'found', pod, isWatched: false } : { state: 'gone' };
    } catch (err) {
      if (err instanceof LinkError && err.status === 404) return { state: 'gone' };
      this.#kept.delete(uid);
      if (!(err instanceof LinkError) || err.kind === 'fatal') logger.error('a Pod cannot be looked up', { err });
      return {
        state: 'unavailable',
        message: 'the API server does not answer at present',
        retryAfterMs: err instanceof LinkError ? Math.max(err.retryAfterMs, retryAfterMs) : retryAfterMs,
      };
    }
  }
}

/**
 * Finds Pods that ask for a proxy and have none, since they were made while the injector was not there. Says so on each, once,
 * and evicts them where that is asked for. Only the leader runs it.
 */
import type { Clock } from '#shared/clock/clock.ts';
import { LinkError } from '#shared/errors/link-error.ts';
import type { Logger } from '#shared/logger/logger.ts';
import type { PodDirectory } from '../identity/pod-directory.ts';
import { TokenBucket } from '../identity/token-bucket.ts';
import type { KubeClient } from '../kube/kube-client.ts';
import type { ObjectSource } from '../kube/object-source.ts';
import { pods as podType } from '../kube/resource-types.ts';
import type { Warning } from '../warning-event.ts';
import { Evictions } from './evictions.ts';
import { listUnproxiedPods } from './list-unproxied-pods.ts';
import type { RepairMetrics } from './repair-metrics.ts';
import { proxyMissing, type Decide, type UnproxiedPod } from './unproxied-pod.ts';

export interface ProxyRepairOptions {
  readonly kube: Pick<KubeClient, 'get' | 'create'> & Pick<ObjectSource, 'listPage'>;
  /** Empty: all. */
  readonly namespaces: readonly string[];
  /** Where nothing is injected: the Pods there lack nothing. */
  readonly excludedNamespaces: readonly string[];
  /** Those with a proxy. */
  readonly pods: PodDirectory;
  readonly decide: Decide;
  readonly mode: 'report' | 'evict';
  readonly intervalMs: number;
  readonly evictionsPerMinute: number;
  /** Makes an Event; called once for each Pod. */
  readonly warn: (warning: Warning) => void;
  readonly metrics: RepairMetrics;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Injected by somebody who sets no label; without a proxy; without one, and injection would refuse it. */
type Verdict = 'fine' | 'missing' | 'refused';

/** Replicas that start together are through with it by then. */
const firstLookMs = 30_000;
/** While there is more to do than may be done at once, or the API server does not answer. */
const soonMs = 60_000;
/** Of Pods that are read, and of Events. */
const perSecond = 10;
const burst = 50;

export class ProxyRepair {
  readonly #options: ProxyRepairOptions;
  readonly #evictions: Evictions;
  readonly #bucket: TokenBucket;
  /** By uid. As many as the last list had. */
  #verdicts: ReadonlyMap<string, Verdict> = new Map();
  #reported = 0;
  #isFailing = false;

  constructor(options: ProxyRepairOptions) {
    this.#options = options;
    this.#evictions = new Evictions({ ...options, perMinute: options.evictionsPerMinute });
    this.#bucket = new TokenBucket({ clock: options.clock, perSecond, burst });
  }

  /** Looks now and then until the signal is aborted. */
  async run(signal: AbortSignal): Promise<void> {
    const { clock, intervalMs, metrics } = this.#options;
    await clock.sleep(Math.min(firstLookMs, intervalMs), signal);
    while (!signal.aborted) {
      const isWaiting = await this.#look(signal);
      await clock.sleep(isWaiting ? Math.min(soonMs, intervalMs) : intervalMs, signal);
    }
    metrics.podsWithoutProxy(0);
  }

  /** True: look again soon. */
  async #look(signal: AbortSignal): Promise<boolean> {
    const { mode, logger } = this.#options;
    try {
      const unproxied = await listUnproxiedPods(this.#options, signal);
      const missing = await this.#examine(unproxied, signal);
      this.#isFailing = false;
      if (mode === 'report') return false;
      return await this.#evictions.evict(missing, (candidate) => this.#isStillMissing(candidate, signal), signal);
    } catch (err) {
      if (signal.aborted) return false;
      if (!(err instanceof LinkError)) throw err;
      if (!this.#isFailing) logger.warn('Pods without a proxy cannot be looked for', { err });
      this.#isFailing = true;
      return true;
    }
  }

  /** Says of each new one what is wrong. Returns those that would get their proxy now. */
  async #examine(unproxied: readonly UnproxiedPod[], signal: AbortSignal): Promise<readonly UnproxiedPod[]> {
    const { metrics, logger } = this.#options;
    const verdicts = new Map<string, Verdict>();
    const missing: UnproxiedPod[] = [];
    for (const candidate of unproxied) {
      const { uid } = candidate.pod.metadata;
      const verdict = this.#verdicts.get(uid) ?? (await this.#judge(candidate, signal));
      if (verdict === null) continue;
      verdicts.set(uid, verdict);
      if (verdict === 'missing') missing.push(candidate);
    }
    this.#verdicts = verdicts;
    const count = [...verdicts.values()].filter((verdict) => verdict !== 'fine').length;
    metrics.podsWithoutProxy(count);
    if (count !== this.#reported) logger.info('Pods without their proxy', { count, refused: count - missing.length });
    this.#reported = count;
    return missing;
  }

  /** `null`: it is gone. */
  async #judge(candidate: UnproxiedPod, signal: AbortSignal): Promise<Verdict | null> {
    const { mode, warn } = this.#options;
    const report = await this.#decide(candidate, signal);
    if (report === null) return null;
    if (report.kind === 'skip') return 'fine';
    const mistakes = report.kind === 'refuse' ? report.mistakes : [];
    warn(proxyMissing(candidate, { mistakes, isEvicting: mode === 'evict' }));
    return report.kind === 'refuse' ? 'refused' : 'missing';
  }

  async #isStillMissing(candidate: UnproxiedPod, signal: AbortSignal): Promise<boolean> {
    const report = await this.#decide(candidate, signal);
    return report?.kind === 'inject';
  }

  /** What injection would do with the Pod as it is now; `null`: it is gone. */
  async #decide({ pod }: UnproxiedPod, signal: AbortSignal): Promise<ReturnType<Decide> | null> {
    const { kube, decide } = this.#options;
    await this.#bucket.wait(signal);
    const { name, namespace = '', uid } = pod.metadata;
    try {
      const present = await kube.get(podType, { namespace, name }, { signal });
      const isGoing = present.metadata.deletionTimestamp !== undefined;
      return present.metadata.uid !== uid || isGoing ? null : decide(present);
    } catch (err) {
      if (err instanceof LinkError && err.status === 404) return null;
      throw err;
    }
  }
}

/**
 * Keeps a headless Service `<app id>-dapr` for every app that has Pods with a proxy, whatever made them. Only the leader runs
 * it. Writes only what differs, removes what nobody has needed for a while, and leaves Services of others alone.
 */
import type { Clock } from '#shared/clock/clock.ts';
import type { LinkError } from '#shared/errors/link-error.ts';
import type { Logger } from '#shared/logger/logger.ts';
import { DueKeys } from '../due-keys.ts';
import type { PodDirectory } from '../identity/pod-directory.ts';
import { TokenBucket } from '../identity/token-bucket.ts';
import { Backoff } from '../kube/backoff.ts';
import type { KubeClient } from '../kube/kube-client.ts';
import type { KubeObject } from '../kube/kube-object.ts';
import { services } from '../kube/resource-types.ts';
import { manager, managerLabel } from '../ownership/managed-by.ts';
import type { ObjectOwner } from '../ownership/object-owner.ts';
import { KindWatch, type CreateListWatch } from '../source/kind-watch.ts';
import { splitNamespacedKey } from '../source/namespaced-key.ts';
import type { Warning } from '../warning-event.ts';
import { AppNeeds } from './app-needs.ts';
import { planService } from './plan-service.ts';
import type { ServiceMetrics } from './service-metrics.ts';
import { ServiceStore } from './service-store.ts';
import { appIdOf, serviceName, wantedService } from './wanted-service.ts';
import { writeService, type ServiceOutcome, type ServiceWrite } from './write-service.ts';

export interface ServiceWriterOptions {
  readonly kube: Pick<KubeClient, 'get' | 'create' | 'replace' | 'delete'>;
  readonly createListWatch: CreateListWatch;
  /** Empty: all. */
  readonly namespaces: readonly string[];
  readonly pods: PodDirectory;
  readonly annotationPrefixes: readonly string[];
  readonly owner: ObjectOwner;
  /** Makes an Event; called once for each Service that is in the way. */
  readonly warn: (warning: Warning) => void;
  readonly metrics: ServiceMetrics;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Pods of an app come together. */
const gatherMs = 200;
/** A Deployment that is replaced, or a Job that runs again, is back by then. */
const graceMs = 60_000;
/** How long the watch may take to show what a write has found out. */
const outdatedMs = 1_000;
/** For what will not be otherwise in a moment. */
const patienceMs = 5 * 60_000;
const writesPerSecond = 20;
const writeBurst = 50;

export class ServiceWriter {
  readonly #options: ServiceWriterOptions;
  /** Keys of Services, `namespace/name`, as everywhere here. */
  readonly #due: DueKeys;
  readonly #needs: AppNeeds;
  readonly #store: ServiceStore;
  readonly #watch: KindWatch;
  readonly #bucket: TokenBucket;
  readonly #backoff = new Backoff({ firstMs: 500, longestMs: 30_000, random: Math.random });
  readonly #unneededSinceMs = new Map<string, number>();
  /** The uid of what is in the way, so that it is said once. */
  readonly #foreign = new Map<string, string>();

  constructor(options: ServiceWriterOptions) {
    this.#options = options;
    const { pods, annotationPrefixes, namespaces, createListWatch, clock, logger } = options;
    this.#due = new DueKeys(clock);
    this.#bucket = new TokenBucket({ clock, perSecond: writesPerSecond, burst: writeBurst });
    this.#needs = new AppNeeds({
      pods,
      annotationPrefixes,
      onChanged: (namespace, appId) => this.#due.mark(`${namespace}/${serviceName(appId)}`, gatherMs),
    });
    this.#store = new ServiceStore((key) => this.#due.mark(key, 0));
    this.#watch = new KindWatch({
      type: services,
      namespaces: namespaces.length === 0 ? [''] : namespaces,
      labelSelector: `${managerLabel}=${manager}`,
      isMetadataOnly: false,
      isOptional: false,
      keeper: this.#store,
      createListWatch,
      clock,
      logger,
      onProgress: () => this.#due.wake(),
    });
  }

  /** Works until the signal is aborted. Call it once. */
  async run(signal: AbortSignal): Promise<void> {
    const { owner, metrics } = this.#options;
    const markAll = (): void => {
      for (const key of this.#store.keys()) this.#due.mark(key, 0);
    };
    const stops = [this.#needs.follow(), owner.onChanged(markAll)];
    try {
      await Promise.all([this.#watch.run(signal), this.#settleAll(signal)]);
    } finally {
      for (const stop of stops) stop();
      metrics.services({ own: 0, foreign: 0 });
    }
  }

  async #settleAll(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      // What is there already must be known, lest it be made again.
      await this.#due.wait(signal, () => this.#watch.missing === null);
      for (const key of this.#due.take()) {
        if (signal.aborted) return;
        await this.#settle(key, signal);
      }
      this.#options.metrics.services({ own: this.#store.size, foreign: this.#foreign.size });
    }
  }

  async #settle(key: string, signal: AbortSignal): Promise<void> {
    const { kube, owner } = this.#options;
    const { namespace, name } = splitNamespacedKey(key);
    const appId = appIdOf(name);
    if (appId === null) return;
    const need = this.#needs.of(namespace, appId);
    if (need === null) this.#foreign.delete(key);
    const present = this.#store.service(key);
    const step = planService(need === null ? null : wantedService(need), present, owner);
    if (step.kind !== 'delete') this.#unneededSinceMs.delete(key);
    if (step.kind === 'none') return;
    if (step.kind === 'delete' && step.why === 'unneeded' && !this.#isOverdue(key)) return;
    await this.#bucket.wait(signal);
    const write = { step, key: { namespace, name }, signal };
    const outcome = await writeService(kube, write);
    if (signal.aborted) return;
    // Lest the next look be faster than the watch; where the watch was faster, it may know better.
    const isNews = (outcome.kind === 'created' || outcome.kind === 'updated') && this.#store.service(key) === present;
    if (isNews) this.#store.upsert(outcome.object);
    await this.#take(key, write, outcome);
  }

  /** Nobody has needed it for a while; otherwise it is looked at again when that is so. */
  #isOverdue(key: string): boolean {
    const nowMs = this.#options.clock.monotonicMs();
    const sinceMs = this.#unneededSinceMs.get(key) ?? nowMs;
    this.#unneededSinceMs.set(key, sinceMs);
    const restMs = sinceMs + graceMs - nowMs;
    if (restMs > 0) this.#due.mark(key, restMs);
    return restMs <= 0;
  }

  async #take(key: string, { step, signal }: ServiceWrite, outcome: ServiceOutcome): Promise<void> {
    const { metrics, clock, logger } = this.#options;
    switch (outcome.kind) {
      case 'outdated':
        return this.#due.hold(key, outdatedMs);
      case 'foreign':
        this.#isForeign(key, outcome.object);
        return this.#due.hold(key, patienceMs);
      case 'failed': {
        metrics.serviceWritten('failed');
        const waitMs = this.#failed(key, outcome.error);
        if (waitMs > 0) await clock.sleep(waitMs, signal);
        return;
      }
      case 'gone':
        return this.#store.remove(key);
      case 'created':
      case 'updated':
        break;
      case 'deleted':
        this.#store.remove(key);
        this.#unneededSinceMs.delete(key);
    }
    this.#foreign.delete(key);
    this.#backoff.reset();
    metrics.serviceWritten(outcome.kind);
    logger.info('the Service of an app was written', {
      service: key,
      outcome: outcome.kind,
      ...(step.kind === 'delete' && { why: step.why }),
    });
  }

  /** Returns how long others should wait, too. */
  #failed(key: string, err: LinkError): number {
    const { logger } = this.#options;
    const isPassing = err.kind === 'transient';
    if (!isPassing || this.#backoff.failures === 0) {
      logger.warn('the Service of an app cannot be written', { service: key, err });
    }
    // Perhaps its namespace is going, or a policy of the cluster is against it; others fare better.
    const waitMs = isPassing ? this.#backoff.failed({ retryAfterMs: err.retryAfterMs, workedMs: 0 }) : 0;
    this.#due.hold(key, isPassing ? waitMs : patienceMs);
    return waitMs;
  }

  #isForeign(key: string, object: KubeObject): void {
    const { warn, logger } = this.#options;
    if (this.#foreign.get(key) === object.metadata.uid) return;
    this.#foreign.set(key, object.metadata.uid);
    const note =
      `this Service is not labelled ${managerLabel}=${manager}, so it is left alone, and the app has no Service of ` +
      'Farpoint: delete it, or label it';
    logger.warn('a Service of somebody else has the name', { service: key, advice: note });
    warn({ object, apiVersion: 'v1', kind: 'Service', action: 'WriteService', reason: 'ServiceNotOwned', note });
  }
}

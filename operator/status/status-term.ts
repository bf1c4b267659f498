/** One kind in one term of leadership: looks at what is marked, writes what differs, remembers what it wrote until the term ends. */
import type { Clock } from '#shared/clock/clock.ts';
import { growingDelayMs } from '#shared/clock/growing-delay.ts';
import type { Logger } from '#shared/logger/logger.ts';
import type { TokenBucket } from '../identity/token-bucket.ts';
import type { Discovery, KubeClient, NewObject } from '../kube/kube-client.ts';
import { kindName } from '../kube/resource-path.ts';
import { askStatusSupport } from './ask-status-support.ts';
import { eventForChange, isWarning } from './event-for-change.ts';
import { StatusDifferences, type StatusDifference, type StatusDifferencesOptions } from './status-differences.ts';
import type { StatusPlan } from './plan-status.ts';
import type { StatusMetrics } from './status-metrics.ts';
import { StatusQueue } from './status-queue.ts';
import { writeStatus, type WriteOutcome } from './write-status.ts';

export interface StatusTermOptions extends StatusDifferencesOptions {
  readonly kube: Pick<KubeClient, 'apply'> & Discovery;
  /** Which replica this is, for Events. */
  readonly instance: string;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics: StatusMetrics;
  readonly random: () => number;
  readonly bucket: TokenBucket;
  readonly addEvent: (event: NewObject) => void;
}

const parallelWrites = 8;
const tokenWaitMs = 50;
/** Looks between two turns of the event loop. */
const looksPerTurn = 200;
/** Most proxies acknowledge a change within this time; then one write says both. */
const gatherMs = 250;
/** How long differences wait that may be gone by themselves. */
const patienceMs = 5_000;
/** At the beginning, when proxies of another replica may be on their way here. */
const firstPatienceMs = 15_000;
/** How long to wait until the other replicas have said what they count. */
const peersWaitMs = 5_000;
const peersPollMs = 100;
/** How long the watch may take to show what a write has found out. */
const outdatedMs = 1_000;
const firstBackoffMs = 1_000;
const longestBackoffMs = 60_000;
/** While the API server is away or busy; not longer, so that it goes on soon after. */
const longestPauseMs = 5_000;
/** How often to ask whether an API server without status has got one. */
const supportPollMs = 60_000;

export class StatusTerm {
  readonly #options: StatusTermOptions;
  readonly #ended = new AbortController();
  readonly #queue = new StatusQueue();
  readonly #differences: StatusDifferences;
  readonly #startMs: number;
  readonly #startEpochMs: number;
  /** Since when there is a difference. */
  readonly #differentMsByKey = new Map<string, number>();
  readonly #writesByKey = new Map<string, Promise<void>>();
  readonly #failuresByKey = new Map<string, number>();
  #wake: () => void = () => undefined;
  #pausedUntilMs = -Infinity;
  /** Whether the API server keeps status. */
  #hasStatus: boolean;
  #askSupportMs = Infinity;
  /** Said once until a write succeeds again. */
  #isFailing = false;

  constructor(options: StatusTermOptions) {
    this.#options = options;
    this.#differences = new StatusDifferences(options);
    this.#hasStatus = options.of.keepsStatus;
    this.#startMs = options.clock.monotonicMs();
    this.#startEpochMs = options.clock.epochMs();
  }

  /** Look at this object. */
  mark(key: string): void {
    this.#queue.mark(key);
    this.#wake();
  }

  /** Ends the term; what is under way is given up. */
  end(): void {
    this.#ended.abort();
    this.#wake();
  }

  /** Works until the term ends, and resolves when nothing is under way any more. */
  async run(): Promise<void> {
    const { signal } = this.#ended;
    const { of: kind, clock } = this.#options;
    while (!kind.isComplete() && clock.monotonicMs() < this.#startMs + peersWaitMs && !signal.aborted) {
      await clock.sleep(peersPollMs, signal);
    }
    if (kind.keepsStatus) await this.#askSupport(signal);
    this.#markAll();
    while (!signal.aborted) {
      if (clock.monotonicMs() >= this.#askSupportMs) await this.#askSupport(signal);
      await this.#look(signal);
      this.#write(signal);
      this.#showWaiting(this.#queue.waiting);
      await this.#idle(this.#nextMs());
    }
    this.#showWaiting(0);
    await Promise.all(this.#writesByKey.values());
  }

  #showWaiting(objects: number): void {
    const { of: kind, metrics } = this.#options;
    if (kind.keepsStatus) metrics.waiting(kindName(kind.type), objects);
  }

  async #look(signal: AbortSignal): Promise<void> {
    const nowMs = this.#options.clock.monotonicMs();
    for (let looks = 1; !signal.aborted; looks += 1) {
      const key = this.#queue.takeMarked(nowMs);
      if (key === null) return;
      // What is under way is looked at again when it is over.
      if (!this.#writesByKey.has(key)) this.#lookAt(key, nowMs);
      if (looks % looksPerTurn === 0) await new Promise(setImmediate);
    }
  }

  #lookAt(key: string, nowMs: number): void {
    this.#queue.forgetWrite(key);
    const difference = this.#differences.find(key, { hasStatus: this.#hasStatus });
    if (difference === null) {
      this.#differentMsByKey.delete(key);
      this.#failuresByKey.delete(key);
      return;
    }
    const sinceMs = this.#differentMsByKey.get(key) ?? nowMs;
    this.#differentMsByKey.set(key, sinceMs);
    const ripeMs = this.#ripeMs(difference.plan, sinceMs);
    if (nowMs < ripeMs) this.#queue.mark(key, ripeMs);
    else if (this.#hasStatus) this.#queue.wait(key, difference.plan.urgency === 'later' ? 'later' : 'now');
    else this.#say(key, difference);
  }

  #ripeMs({ urgency, status }: StatusPlan, sinceMs: number): number {
    if (urgency === 'later') return Math.max(sinceMs + patienceMs, this.#startMs + firstPatienceMs);
    const isOnItsWay = status.conditions.some(({ type, reason }) => type === 'Programmed' && reason === 'Pending');
    return isOnItsWay ? sinceMs + gatherMs : sinceMs;
  }

  #write(signal: AbortSignal): void {
    const { clock, bucket } = this.#options;
    while (this.#queue.waiting > 0 && this.#writesByKey.size < parallelWrites) {
      if (clock.monotonicMs() < this.#pausedUntilMs || !bucket.take()) return;
      const key = this.#queue.takeWaiting();
      // It may have changed while it waited.
      const difference = key === null ? null : this.#differences.find(key, { hasStatus: true });
      if (key === null || difference === null) continue;
      this.#writesByKey.set(key, this.#writeOne(key, difference, signal));
    }
  }

  async #writeOne(key: string, difference: StatusDifference, signal: AbortSignal): Promise<void> {
    const { kube, of: kind } = this.#options;
    const { object, plan } = difference;
    const outcome = await writeStatus(kube, { of: kind, object, status: plan.status }, signal);
    // In one step with what follows: a look in between would take the mark and find the write still under way.
    this.#writesByKey.delete(key);
    this.#settle(key, difference, outcome);
    this.#wake();
  }

  #settle(key: string, difference: StatusDifference, outcome: WriteOutcome): void {
    const { metrics, logger } = this.#options;
    if (this.#ended.signal.aborted) return;
    this.#differentMsByKey.delete(key);
    switch (outcome.kind) {
      case 'written':
        metrics.statusWritten('written');
        this.#failuresByKey.delete(key);
        this.#isFailing = false;
        if (!this.#differences.noteWritten(key, difference, outcome.object)) {
          logger.warn('others hold on to a part of a status', { ...this.#named(key) });
        }
        this.#tell(difference);
        this.#queue.mark(key);
        return;
      case 'outdated':
        metrics.statusWritten('outdated');
        this.#lookWhenNewer(key, difference);
        return;
      case 'unsupported':
        this.#setSupport(false);
        return;
      case 'failed':
        metrics.statusWritten('failed');
        this.#failed(key, outcome);
    }
  }

  /** The watch shows what has the name now, if anything, or has done so while the write was under way. */
  #lookWhenNewer(key: string, { object }: StatusDifference): void {
    const { clock } = this.#options;
    const isNewer = this.#differences.newest(key)?.metadata.resourceVersion !== object.metadata.resourceVersion;
    this.#queue.mark(key, isNewer ? -Infinity : clock.monotonicMs() + outdatedMs);
  }

  #failed(key: string, { error, retryAfterMs, isServerBusy }: WriteOutcome & { readonly kind: 'failed' }): void {
    const { clock, logger, random } = this.#options;
    const failures = (this.#failuresByKey.get(key) ?? 0) + 1;
    this.#failuresByKey.set(key, failures);
    const longestMs = isServerBusy ? longestPauseMs : longestBackoffMs;
    const boundMs = growingDelayMs({ firstMs: firstBackoffMs, longestMs }, failures);
    const dueMs = clock.monotonicMs() + Math.max(retryAfterMs, boundMs * random());
    this.#queue.mark(key, dueMs);
    // Others would fare no better now.
    if (isServerBusy) this.#pausedUntilMs = Math.max(this.#pausedUntilMs, dueMs);
    if (!this.#isFailing) logger.warn('a status could not be written', { ...this.#named(key), err: error });
    this.#isFailing = true;
  }

  async #askSupport(signal: AbortSignal): Promise<void> {
    const { kube, of: kind } = this.#options;
    const support = await askStatusSupport(kube, kind.type, signal);
    if (support === 'unknown') this.#askSupportMs = this.#hasStatus ? Infinity : this.#inAWhile();
    else this.#setSupport(support === 'supported');
  }

  #setSupport(hasStatus: boolean): void {
    const { of: kind, logger, metrics } = this.#options;
    metrics.statusSupported(kindName(kind.type), hasStatus);
    this.#askSupportMs = hasStatus ? Infinity : this.#inAWhile();
    if (hasStatus === this.#hasStatus) return;
    this.#hasStatus = hasStatus;
    this.#markAll();
    if (hasStatus) logger.info(`the ${kind.kind} that is installed keeps a status now`);
    else {
      const remedy = 'install crds/ of Farpoint';
      logger.warn(`the ${kind.kind} that is installed keeps no status: conditions are Events only`, { remedy });
    }
  }

  #inAWhile(): number {
    return this.#options.clock.monotonicMs() + supportPollMs;
  }

  #markAll(): void {
    for (const key of this.#options.of.keys()) this.#queue.mark(key);
  }

  #named(key: string): { readonly kind: string; readonly object: string } {
    return { kind: this.#options.of.kind, object: key };
  }

  /** In place of a status. What was there before this term is news only where something is wrong: nobody wrote down what was said of it. */
  #say(key: string, difference: StatusDifference): void {
    const { creationTimestamp = '' } = difference.object.metadata;
    // The time is in whole seconds, rounded down.
    const isOld = difference.isFirst && Date.parse(creationTimestamp) + 999 < this.#startEpochMs;
    this.#differences.noteSaid(key, difference);
    this.#differentMsByKey.delete(key);
    this.#tell(difference, isOld);
  }

  #tell({ object, plan, wanted }: StatusDifference, onlyWarnings = false): void {
    const { of: kind, clock, instance, addEvent } = this.#options;
    const origin = { of: kind, object, generation: wanted.generation, instance, nowMs: clock.epochMs() };
    for (const change of plan.changes) {
      if (onlyWarnings && (change.after === null || !isWarning(change.after))) continue;
      addEvent(eventForChange(change, origin));
    }
  }

  #nextMs(): number {
    const { clock } = this.#options;
    const nowMs = clock.monotonicMs();
    const canWrite = this.#queue.waiting > 0 && this.#writesByKey.size < parallelWrites;
    const writeMs = canWrite ? Math.max(tokenWaitMs, this.#pausedUntilMs - nowMs) : Infinity;
    return Math.min(writeMs, this.#queue.nextDueMs - nowMs, this.#askSupportMs - nowMs);
  }

  /** Resolves after so long, or when there is something to do. */
  async #idle(delayMs: number): Promise<void> {
    if (this.#queue.hasMarked || delayMs <= 0 || this.#ended.signal.aborted) return;
    const woken = new Promise<void>((resolve) => {
      this.#wake = resolve;
    });
    const timer = delayMs === Infinity ? null : this.#options.clock.after(delayMs, () => this.#wake());
    await woken;
    timer?.cancel();
  }
}

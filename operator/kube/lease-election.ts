/**
 * Elects one of several replicas by a Lease, without trusting anybody's clock: a holder is gone when its Lease has not changed for the
 * Lease's own duration, measured here; and who holds it stops well before anybody can think so.
 *
 * A machine that sleeps as a whole (a suspended virtual machine) may wake up as a leader for the moment until its clock moves on; what a
 * leader writes must therefore be harmless when two write it.
 */
import { randomUUID } from 'node:crypto';
import type { Clock, Timer } from '#shared/clock/clock.ts';
import { LinkError } from '#shared/errors/link-error.ts';
import type { Logger } from '#shared/logger/logger.ts';
import { noOwner, ownersFor, type ObjectOwner } from '../ownership/object-owner.ts';
import type { KubeClient } from './kube-client.ts';
import type { KubeObject } from './kube-object.ts';
import { leaseRecordFrom, leaseSpecFrom, microTimeFrom, type LeaseRecord } from './lease-record.ts';
import { leases } from './resource-types.ts';
import { withTimeLimit } from './time-limit.ts';

export interface LeaseElectionOptions {
  readonly kube: Pick<KubeClient, 'get' | 'create' | 'replace'>;
  readonly namespace: string;
  /** Of the Lease. */
  readonly name: string;
  /** Of this replica; what is written is this and a random part, so that no two processes share it. */
  readonly replicaName: string;
  /** How long after the last sign of a holder another takes over. Whole seconds. */
  readonly durationMs: number;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Of the Lease. Defaults to nobody. */
  readonly owner?: ObjectOwner;
  /** In [0, 1); defaults to Math.random. */
  readonly random?: () => number;
}

interface Observed {
  readonly lease: KubeObject;
  readonly record: LeaseRecord;
  /** When this version was first seen, or just before it was written. */
  readonly sinceMs: number;
  /** A write has failed since, and may have happened all the same. */
  readonly isInDoubt: boolean;
}

export class LeaseElection {
  readonly #options: LeaseElectionOptions;
  readonly #random: () => number;
  readonly #identity: string;
  readonly #listeners = new Set<(isLeading: boolean) => void>();
  #observed: Observed | null = null;
  /** Until when it is certain that nobody else leads, on the monotonic clock. */
  #leadsUntilMs = -Infinity;
  #wasLeading = false;
  #stepDownTimer: Timer | null = null;
  #failures = 0;

  constructor(options: LeaseElectionOptions) {
    this.#options = options;
    this.#random = options.random ?? Math.random;
    this.#identity = `${options.replicaName}_${randomUUID().slice(0, 8)}`;
  }

  /** What this process writes as holder. */
  get identity(): string {
    return this.#identity;
  }

  /** True only while no other replica can lead; ask before each write. Also false in a process that was stopped for too long. */
  isLeading(): boolean {
    return this.#wasLeading && this.#options.clock.monotonicMs() < this.#leadsUntilMs;
  }

  /** Who leads as far as is known here; `''`: nobody. */
  holder(): string {
    return this.#observed?.record.holder ?? '';
  }

  /** Calls back when this replica begins or ceases to lead. Returns the way to stop. */
  onChanged(listener: (isLeading: boolean) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /** Takes part until the signal is aborted, then gives the Lease up if it is held. Never rejects for what the API server does. */
  async run(signal: AbortSignal): Promise<void> {
    const { clock } = this.#options;
    try {
      while (!signal.aborted) {
        const waitMs = await this.#round(signal);
        if (!signal.aborted) await clock.sleep(waitMs, signal);
      }
    } finally {
      await this.#release();
    }
  }

  /** One attempt to renew or to get it. Returns how long to wait. */
  async #round(signal: AbortSignal): Promise<number> {
    const { clock, durationMs, logger } = this.#options;
    try {
      await withTimeLimit({ clock, limitMs: durationMs / 3, signal }, (limited) => this.#attempt(limited));
      this.#failures = 0;
      return this.#nextRoundMs();
    } catch (error) {
      if (!(error instanceof LinkError)) throw error;
      if (signal.aborted) return 0;
      if (this.#observed !== null) this.#observed = { ...this.#observed, isInDoubt: true };
      if (error.status === 409) return this.#soonMs();
      this.#failures += 1;
      if (this.#failures === 1) logger.warn('the lease cannot be read or written', { err: error });
      return Math.max(error.retryAfterMs, this.#soonMs());
    }
  }

  async #attempt(signal: AbortSignal): Promise<void> {
    const { clock } = this.#options;
    const observed = this.#observed;
    // A leader knows the version that it wrote and need not read it.
    if (observed !== null && this.isLeading() && !observed.isInDoubt) return this.#write(observed, signal);
    const seen = await this.#read(signal);
    if (seen === null) return this.#create(signal);
    const isFree = seen.record.holder === '' || seen.record.holder === this.#identity;
    const isOver = clock.monotonicMs() - seen.sinceMs >= seen.record.durationMs;
    if (isFree || isOver) await this.#write(seen, signal);
  }

  async #read(signal: AbortSignal): Promise<Observed | null> {
    const { kube, namespace, name, clock } = this.#options;
    try {
      const lease = await kube.get(leases, { namespace, name }, { signal });
      const record = leaseRecordFrom(lease);
      const known = this.#observed;
      // Any write is a sign of life, whatever it says: one by somebody else only makes us wait longer.
      const isSame = known?.lease.metadata.resourceVersion === lease.metadata.resourceVersion;
      const sinceMs = isSame ? known.sinceMs : clock.monotonicMs();
      this.#observed = { lease, record, sinceMs, isInDoubt: false };
      if (this.#wasLeading && record.holder !== this.#identity) this.#stepDown();
      return this.#observed;
    } catch (error) {
      if (!(error instanceof LinkError) || error.status !== 404) throw error;
      this.#observed = null;
      return null;
    }
  }

  async #create(signal: AbortSignal): Promise<void> {
    const { kube, namespace, name, clock, owner = noOwner } = this.#options;
    const beforeMs = clock.monotonicMs();
    const lease = await kube.create(
      leases,
      {
        apiVersion: 'coordination.k8s.io/v1',
        kind: 'Lease',
        metadata: { namespace, name, ...ownersFor(null, owner) },
        spec: leaseSpecFrom(this.#renewedRecord(null)),
      },
      { signal },
    );
    this.#written(lease, beforeMs);
  }

  async #write({ lease, record }: Observed, signal: AbortSignal): Promise<void> {
    const { kube, clock, owner = noOwner } = this.#options;
    const beforeMs = clock.monotonicMs();
    const spec = leaseSpecFrom(this.#renewedRecord(record));
    const metadata = { ...lease.metadata, ...ownersFor(lease.metadata, owner) };
    this.#written(await kube.replace(leases, { ...lease, metadata, spec }, { signal }), beforeMs);
  }

  #renewedRecord(former: LeaseRecord | null): LeaseRecord {
    const { durationMs, clock } = this.#options;
    const now = microTimeFrom(clock.epochMs());
    const isOurs = former?.holder === this.#identity;
    const transitions = former === null ? 0 : former.transitions + (isOurs ? 0 : 1);
    return {
      holder: this.#identity,
      durationMs,
      acquireTime: isOurs ? former.acquireTime : now,
      renewTime: now,
      transitions,
    };
  }

  /** Others count from when they see it, which is after `beforeMs`. */
  #written(lease: KubeObject, beforeMs: number): void {
    const { clock, durationMs, logger } = this.#options;
    this.#observed = { lease, record: leaseRecordFrom(lease), sinceMs: beforeMs, isInDoubt: false };
    this.#leadsUntilMs = beforeMs + leadingMs(durationMs);
    this.#stepDownTimer?.cancel();
    this.#stepDownTimer = clock.after(this.#leadsUntilMs - clock.monotonicMs(), () => this.#stepDown());
    if (this.#wasLeading) return;
    this.#wasLeading = true;
    logger.info('this replica leads', { identity: this.#identity });
    this.#changed(true);
  }

  #stepDown(): void {
    this.#stepDownTimer?.cancel();
    this.#stepDownTimer = null;
    if (!this.#wasLeading) return;
    this.#wasLeading = false;
    this.#leadsUntilMs = -Infinity;
    this.#options.logger.warn('this replica no longer leads', { identity: this.#identity, holder: this.holder() });
    this.#changed(false);
  }

  #changed(isLeading: boolean): void {
    for (const listener of this.#listeners) listener(isLeading);
  }

  /** Listeners hear of the end before the Lease says it. */
  async #release(): Promise<void> {
    const { kube, clock, durationMs } = this.#options;
    const observed = this.#observed;
    const isHeld = this.isLeading() && observed !== null;
    this.#stepDown();
    if (!isHeld) return;
    const { lease, record } = observed;
    const renewTime = microTimeFrom(clock.epochMs());
    const spec = leaseSpecFrom({ ...record, holder: '', durationMs: 1000, renewTime });
    const never = new AbortController().signal;
    try {
      await withTimeLimit({ clock, limitMs: Math.min(2000, durationMs / 3), signal: never }, (signal) =>
        kube.replace(leases, { ...lease, spec }, { signal }),
      );
    } catch (error) {
      if (!(error instanceof LinkError)) throw error;
      this.#options.logger.debug('the lease could not be given up; it runs out', { err: error });
    }
  }

  #nextRoundMs(): number {
    const { durationMs, clock } = this.#options;
    const jitter = 0.9 + 0.2 * this.#random();
    if (this.isLeading()) return (durationMs / 3) * jitter;
    // Who waits looks often enough to be there when it is over.
    const observed = this.#observed;
    const restMs = observed === null ? 0 : observed.sinceMs + observed.record.durationMs - clock.monotonicMs();
    return Math.min((durationMs / 6) * jitter, Math.max(restMs, 0) + 0.02 * durationMs * this.#random());
  }

  #soonMs(): number {
    return (this.#options.durationMs / 30) * (0.5 + this.#random());
  }
}

/** A fifth less than the duration: for requests that are slow, and for clocks that do not run alike. */
function leadingMs(durationMs: number): number {
  return durationMs * 0.8;
}

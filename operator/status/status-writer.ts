/**
 * Writes the status of objects as the leader: only what differs, each object once however often it changes, at a bounded rate,
 * and an Event for each change of a condition. Where the API server keeps no status (Dapr's own CRDs), Events only.
 */
import type { Clock } from '#shared/clock/clock.ts';
import type { Logger } from '#shared/logger/logger.ts';
import { TokenBucket } from '../identity/token-bucket.ts';
import type { Discovery, KubeClient } from '../kube/kube-client.ts';
import { EventWriter } from './event-writer.ts';
import type { StatusKind } from './status-kind.ts';
import { noStatusMetrics, type StatusMetrics } from './status-metrics.ts';
import { StatusTerm } from './status-term.ts';

export interface StatusWriterOptions {
  readonly kube: Pick<KubeClient, 'apply' | 'create'> & Discovery;
  readonly kinds: readonly StatusKind[];
  /** Which replica this is, for Events. */
  readonly instance: string;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics?: StatusMetrics;
  /** A number between 0 and 1, to spread retries. */
  readonly random?: () => number;
}

const writesPerSecond = 20;
const writeBurst = 50;

export class StatusWriter {
  readonly #options: StatusWriterOptions;
  readonly #events: EventWriter;
  /** Over all kinds and terms: whoever leads for a moment at a time is no faster. */
  readonly #bucket: TokenBucket;
  #isLeading = false;
  readonly #termsByKind = new Map<StatusKind, StatusTerm>();
  #signal: AbortSignal | null = null;
  readonly #runs = new Set<Promise<void>>();

  constructor(options: StatusWriterOptions) {
    this.#options = options;
    const { kube, clock, logger, metrics = noStatusMetrics, random = Math.random } = options;
    this.#events = new EventWriter({ kube, clock, logger, metrics, random });
    this.#bucket = new TokenBucket({ clock, perSecond: writesPerSecond, burst: writeBurst });
  }

  /** Only a leader writes. What is being written when leadership ends is given up. */
  setLeading(isLeading: boolean): void {
    if (this.#isLeading === isLeading) return;
    this.#isLeading = isLeading;
    if (isLeading) this.#begin();
    else this.#end();
  }

  /** Works until the signal is aborted, and resolves when nothing is under way any more. */
  async run(signal: AbortSignal): Promise<void> {
    const stops = this.#options.kinds.map((kind) => kind.onChanged((key) => this.#termsByKind.get(kind)?.mark(key)));
    const ended = new Promise<void>((resolve) => {
      if (signal.aborted) resolve();
      else signal.addEventListener('abort', () => resolve(), { once: true });
    });
    this.#signal = signal;
    if (this.#isLeading) this.#begin();
    await Promise.all([this.#events.run(signal), ended]);
    this.#signal = null;
    for (const stop of stops) stop();
    this.#end();
    await Promise.all(this.#runs);
  }

  #begin(): void {
    if (this.#signal === null || this.#signal.aborted || this.#termsByKind.size > 0) return;
    const { kinds, metrics = noStatusMetrics, random = Math.random, ...options } = this.#options;
    for (const kind of kinds) {
      const term = new StatusTerm({
        ...options,
        of: kind,
        metrics,
        random,
        bucket: this.#bucket,
        addEvent: (event) => this.#events.add(event),
      });
      this.#termsByKind.set(kind, term);
      const run = term.run().finally(() => this.#runs.delete(run));
      this.#runs.add(run);
    }
  }

  #end(): void {
    for (const term of this.#termsByKind.values()) term.end();
    this.#termsByKind.clear();
  }
}

/**
 * Writes the status of endpoints as the leader: only what differs, each endpoint once however often it changes, at a bounded
 * rate, and an Event for each change of a condition. Where the API server keeps no status (Dapr's own CRD), Events only.
 */
import type { Clock } from '#shared/clock/clock.ts';
import type { Logger } from '#shared/logger/logger.ts';
import { TokenBucket } from '../identity/token-bucket.ts';
import type { Discovery, KubeClient } from '../kube/kube-client.ts';
import type { ProgrammedCounts } from '../push/programmed-counts.ts';
import type { AppNames } from './app-names.ts';
import type { EndpointObjects, EndpointReports } from './endpoint-objects.ts';
import { EventWriter } from './event-writer.ts';
import type { PeerCounts } from './peer-counts.ts';
import { noStatusMetrics, type StatusMetrics } from './status-metrics.ts';
import { StatusTerm } from './status-term.ts';

export interface StatusWriterOptions {
  readonly kube: Pick<KubeClient, 'apply' | 'create'> & Discovery;
  readonly endpoints: EndpointObjects;
  readonly reports: EndpointReports;
  readonly counts: ProgrammedCounts;
  readonly peerCounts: PeerCounts;
  readonly appNames: AppNames;
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
  /** Over all terms: whoever leads for a moment at a time is no faster. */
  readonly #bucket: TokenBucket;
  #isLeading = false;
  #term: StatusTerm | null = null;
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
    const { endpoints, reports, counts, peerCounts, appNames } = this.#options;
    const markAll = (keys: ReadonlySet<string>): void => {
      for (const key of keys) this.#term?.mark(key);
    };
    const stops = [
      reports.onReports(markAll),
      counts.onChanged(markAll),
      peerCounts.onChanged(markAll),
      appNames.onChanged((app) => this.#term?.mark(app)),
      endpoints.onEndpointSeen((key) => this.#term?.mark(key)),
    ];
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
    if (this.#signal === null || this.#signal.aborted || this.#term !== null) return;
    const { metrics = noStatusMetrics, random = Math.random, ...options } = this.#options;
    const term = new StatusTerm({
      ...options,
      metrics,
      random,
      bucket: this.#bucket,
      addEvent: (event) => this.#events.add(event),
    });
    this.#term = term;
    const run = term.run().finally(() => this.#runs.delete(run));
    this.#runs.add(run);
  }

  #end(): void {
    this.#term?.end();
    this.#term = null;
  }
}

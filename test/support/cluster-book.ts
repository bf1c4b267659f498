/** A TableBook that follows a ClusterFeed, with everything that it says kept. */
import type { Publication } from '../../operator/tables/audience-table.ts';
import { TableBook } from '../../operator/tables/table-book.ts';
import type { TableRound } from '../../operator/tables/table-metrics.ts';
import { ClusterFeed } from './cluster-feed.ts';
import { ManualClock } from './manual-clock.ts';
import { memoryLogger, type LogLine } from './memory-logger.ts';

/** Whom tests ask for. */
export const orders = { namespace: 'shop', appId: 'orders', configuration: '' };
export const payments = { ...orders, appId: 'payments' };

export class ClusterBook {
  readonly clock = new ManualClock();
  readonly lines: LogLine[] = [];
  readonly rounds: TableRound[] = [];
  readonly publications: Publication[] = [];
  readonly reported: string[][] = [];
  readonly feed: ClusterFeed;
  readonly tables: TableBook;
  readonly #abort = new AbortController();
  #running: Promise<void> = Promise.resolve();

  constructor(feed = new ClusterFeed('key')) {
    this.feed = feed;
    this.tables = new TableBook({
      feed,
      fingerprintKey: 'key',
      clock: this.clock,
      logger: memoryLogger(this.lines),
      metrics: { roundFinished: (round) => void this.rounds.push(round) },
    });
    feed.follow(this.tables);
    this.tables.onPublished((publication) => void this.publications.push(publication));
    this.tables.onReports((keys) => void this.reported.push([...keys]));
  }

  start(): void {
    this.#running = this.tables.run(this.#abort.signal);
  }

  async stop(): Promise<void> {
    this.#abort.abort();
    await this.#running;
  }

  names(audience = orders): readonly string[] {
    const { shared, scoped } = this.tables.tableFor(audience);
    return [...shared.endpointsByName.keys(), ...scoped.endpointsByName.keys()];
  }
}

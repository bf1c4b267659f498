/**
 * All tables of all audiences, made of what the source holds. One loop: something is dirty, hold off, compile what is dirty,
 * publish what differs, tell what was found. Only one of these happens at a time, and nobody sees a table half made.
 */
import { KnownMiddleware } from '#shared/compile/known-middleware.ts';
import type { Clock } from '#shared/clock/clock.ts';
import type { Logger } from '#shared/logger/logger.ts';
import type { EndpointReport } from '../status/endpoint-report.ts';
import type { OptionKind, OptionReport } from '../status/option-report.ts';
import type { AudienceTable, ProxyAudience, Publication, TableBoard } from './audience-table.ts';
import { AudienceTables } from './audience-tables.ts';
import { isDirty, noDirtyKeys, type DirtyKeys } from './dirty-keys.ts';
import { EndpointEntries, type EntryChange } from './endpoint-entries.ts';
import { EndpointGroups } from './endpoint-groups.ts';
import { HoldOff, type HoldOffTimes } from './hold-off.ts';
import { MiddlewareBook } from './middleware-book.ts';
import { OptionReports } from './option-reports.ts';
import { OptionViews } from './option-views.ts';
import { publicationOf } from './publication-of.ts';
import { ReportBoard } from './report-board.ts';
import type { TableFeed } from './table-feed.ts';
import { noTableMetrics, type TableMetrics } from './table-metrics.ts';

export interface TableBookOptions {
  readonly feed: TableFeed;
  /** Shared by all replicas, so that they make the same revisions. */
  readonly fingerprintKey: string;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics?: TableMetrics;
  readonly holdOff?: HoldOffTimes;
}

const defaultHoldOff: HoldOffTimes = { quietMs: 100, longestMs: 1_000 };
/** Compiling pauses for other work after so long. */
const sliceMs = 10;

export class TableBook implements TableBoard {
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #metrics: TableMetrics;
  readonly #feed: TableFeed;
  readonly #middleware: MiddlewareBook;
  readonly #views: OptionViews;
  readonly #entries: EndpointEntries;
  readonly #groups = new EndpointGroups();
  readonly #reports = new ReportBoard<EndpointReport>(({ specFindings, referenceFindings }) => [
    ...specFindings,
    ...referenceFindings,
  ]);
  readonly #optionReports: OptionReports;
  readonly #tables = new AudienceTables();
  readonly #listeners = new Set<(publication: Publication) => void>();
  readonly #holdOff: HoldOff;
  #dirty = noDirtyKeys();
  /** When the first of what is dirty was marked. */
  #dirtySinceMs = 0;
  #isReady = false;
  /** The round under way, and since when what it takes in was dirty. */
  #round: Iterator<void> | null = null;
  #roundSinceMs = 0;
  /** Wakes `run`; null while it does not run. */
  #wake: (() => void) | null = null;

  constructor(options: TableBookOptions) {
    const { feed, fingerprintKey, clock, logger, metrics = noTableMetrics, holdOff = defaultHoldOff } = options;
    this.#clock = clock;
    this.#logger = logger.child({ component: 'tables' });
    this.#metrics = metrics;
    this.#feed = feed;
    this.#middleware = new MiddlewareBook({ feed, known: new KnownMiddleware(fingerprintKey) });
    const sources = { feed, middleware: this.#middleware, logger: this.#logger };
    this.#views = new OptionViews(sources);
    this.#optionReports = new OptionReports(sources);
    this.#entries = new EndpointEntries({ feed, fingerprintKey, logger: this.#logger });
    this.#holdOff = new HoldOff({ clock, times: holdOff, onDue: () => this.#wake?.() });
  }

  markEndpoint(key: string): void {
    this.#mark('endpoints', key);
  }

  markSecret(key: string): void {
    this.#mark('secrets', key);
  }

  markConfiguration(key: string): void {
    this.#mark('options', namespaceOf(key));
  }

  markResiliency(key: string): void {
    this.#mark('options', namespaceOf(key));
  }

  markMiddleware(key: string): void {
    this.#mark('options', namespaceOf(key));
  }

  markNamespaceStores(namespace: string): void {
    this.#mark('stores', namespace);
  }

  /** Whether the first tables are made. */
  isReady(): boolean {
    return this.#isReady;
  }

  tableFor(audience: ProxyAudience): AudienceTable {
    if (!this.#isReady) throw new Error('a table was asked for before there are any');
    const { namespace } = audience;
    const view = this.#views.view(audience);
    const shared = this.#groups.shared(namespace, view.variant);
    const scoped = this.#groups.scoped(audience, view.variant);
    return this.#tables.tableOf({ shared, scoped }, view);
  }

  onPublished(listener: (publication: Publication) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /** `null`: there is no such endpoint, or it has not been looked at. */
  reportFor(key: string): EndpointReport | null {
    return this.#reports.get(key);
  }

  /** Calls back after each publication with the endpoints whose report changed. Returns the way to stop. */
  onReports(listener: (keys: ReadonlySet<string>) => void): () => void {
    return this.#reports.onChanged(listener);
  }

  /** `null`: there is no such object, nothing is to be said about it, or it has not been looked at. */
  optionReportFor(kind: OptionKind, key: string): OptionReport | null {
    return this.#optionReports.board(kind).get(key);
  }

  /** As `onReports`, of the objects of this kind. */
  onOptionReports(kind: OptionKind, listener: (keys: ReadonlySet<string>) => void): () => void {
    return this.#optionReports.board(kind).onChanged(listener);
  }

  /** How many endpoints have a problem, by its reason. */
  problemCounts(): ReadonlyMap<string, number> {
    return this.#reports.countsByReason;
  }

  /** As `problemCounts`, of the objects of this kind. */
  optionProblemCounts(kind: OptionKind): ReadonlyMap<string, number> {
    return this.#optionReports.board(kind).countsByReason;
  }

  /** How long something has been waiting to get into the tables, in milliseconds; `null`: there are no tables yet. */
  ageMs(): number | null {
    if (!this.#isReady) return null;
    const nowMs = this.#clock.monotonicMs();
    if (this.#round !== null) return nowMs - this.#roundSinceMs;
    return isDirty(this.#dirty) ? nowMs - this.#dirtySinceMs : 0;
  }

  /**
   * Makes the first tables of all that the feed holds, then keeps them up to date. Resolves when the signal is aborted. To be
   * started when the feed is complete.
   */
  async run(signal: AbortSignal): Promise<void> {
    let isDue = true;
    let wake = (): void => undefined;
    this.#wake = () => {
      isDue = true;
      wake();
    };
    const stop = (): void => wake();
    signal.addEventListener('abort', stop, { once: true });
    while (!signal.aborted) {
      if (isDue) {
        isDue = false;
        await this.#runRound(signal);
      } else {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
    }
    signal.removeEventListener('abort', stop);
    this.#wake = null;
    this.#holdOff.cancel();
  }

  /** Brings the tables up to date at once, in one go. */
  flush(): void {
    if (this.#round !== null) finish(this.#round);
    if (!this.#isReady || isDirty(this.#dirty)) finish(this.#startRound());
  }

  #mark(kind: keyof DirtyKeys, key: string): void {
    if (!isDirty(this.#dirty)) this.#dirtySinceMs = this.#clock.monotonicMs();
    this.#dirty[kind].add(key);
    if (this.#wake !== null) this.#holdOff.mark();
  }

  async #runRound(signal: AbortSignal): Promise<void> {
    const round = this.#startRound();
    let untilMs = this.#clock.monotonicMs() + sliceMs;
    while (this.#round === round && !signal.aborted && round.next().done !== true) {
      if (this.#clock.monotonicMs() < untilMs) continue;
      await new Promise((resolve) => setImmediate(resolve));
      untilMs = this.#clock.monotonicMs() + sliceMs;
    }
  }

  #startRound(): Iterator<void> {
    this.#roundSinceMs = isDirty(this.#dirty) ? this.#dirtySinceMs : this.#clock.monotonicMs();
    this.#round = this.#steps();
    return this.#round;
  }

  /** One round: yields between two endpoints, and publishes in its last step. */
  *#steps(): Generator<void> {
    const dirty = this.#dirty;
    this.#dirty = noDirtyKeys();
    const keys = this.#isReady ? this.#entries.keysFor(dirty) : this.#entries.allKeys();
    const startMs = this.#clock.monotonicMs();
    const changes: EntryChange[] = [];
    const round = this.#entries.startRound();
    for (const key of keys) {
      changes.push(round.compile(key));
      yield;
    }
    const namespaces = this.#isReady ? this.#optionNamespacesFor(dirty) : this.#feed.optionNamespaces();
    for (const namespace of namespaces) {
      this.#middleware.update(namespace);
      yield;
    }
    const views = yield* this.#views.compile(namespaces);
    yield* this.#optionReports.update(namespaces);
    const compileMs = this.#clock.monotonicMs() - startMs;
    const changed = changes.filter((change) => this.#apply(change));
    const optionNamespaces = this.#views.put(views, namespaces);
    this.#metrics.roundFinished({ compileMs, endpoints: keys.size, changed: changed.length });
    this.#isReady = true;
    this.#round = null;
    this.#publish(publicationOf(changed, optionNamespaces), compileMs);
    this.#reports.tell();
    this.#optionReports.tell();
  }

  #optionNamespacesFor({ options, stores, secrets }: DirtyKeys): ReadonlySet<string> {
    return new Set([...options, ...stores, ...this.#middleware.namespacesUsing(secrets)]);
  }

  /** Says whether proxies may see a difference. */
  #apply(change: EntryChange): boolean {
    const { key, former, next, isDifferent } = change;
    this.#entries.put(key, next);
    this.#reports.set(key, next?.report ?? null);
    if (!isDifferent) return false;
    if (former !== null) this.#groups.remove(former);
    if (next !== null) this.#groups.add(next);
    return true;
  }

  #publish(publication: Publication, compileMs: number): void {
    const { endpoints, namespaces, apps } = publication;
    if (namespaces.size + apps.size + endpoints.size === 0) return;
    this.#logger.info('endpoint tables published', {
      endpoints: endpoints.size,
      namespaces: namespaces.size,
      apps: apps.size,
      compileMs: Math.round(compileMs),
    });
    for (const listener of this.#listeners) listener(publication);
  }
}

function namespaceOf(key: string): string {
  return key.slice(0, key.indexOf('/'));
}

function finish(round: Iterator<void>): void {
  while (round.next().done !== true);
}

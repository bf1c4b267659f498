/**
 * List, then watch from there, and whenever that ends go on from the last version that was seen; where that is impossible or doubtful, list
 * again and tell the difference. docs/adr/0007-own-list-watch.md says why it is ours.
 */
import type { Clock } from '#shared/clock/clock.ts';
import { LinkError } from '#shared/errors/link-error.ts';
import type { Logger } from '#shared/logger/logger.ts';
import { Backoff } from './backoff.ts';
import { KnownObjects } from './known-objects.ts';
import { listPages } from './list-pages.ts';
import type { ListReason, ListWatchMetrics, WatchEnd } from './list-watch-metrics.ts';
import { defaultListWatchTiming, type ListWatchTiming } from './list-watch-timing.ts';
import type { ListWatch, ListWatchOptions } from './list-watch.ts';
import type { ObjectSource } from './object-source.ts';
import { trimmedObject } from './read-object.ts';
import { kindName } from './resource-path.ts';
import type { WatchEvent } from './watch-event.ts';
import { watchOnce, type EndedWatch } from './watch-once.ts';

export interface ListWatchSite {
  readonly source: ObjectSource;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics: ListWatchMetrics;
  /** Defaults to the real ones. */
  readonly timing?: ListWatchTiming;
  /** In [0, 1); defaults to Math.random. */
  readonly random?: () => number;
}

/** What a list-watch of a real API server can say about itself. */
export interface ObservedListWatch extends ListWatch {
  /** The first list is complete. */
  readonly isSynced: boolean;
  /** When the API server was last heard on this watch, on the monotonic clock; `null`: never. */
  readonly lastContactMs: number | null;
  /** How many objects there are. */
  readonly size: number;
}

/** Nothing happens before `run`. */
export function createListWatch(options: ListWatchOptions, site: ListWatchSite): ObservedListWatch {
  return new ResumingListWatch(options, site);
}

/** After so many failures with an answer, a version that the server cannot go on from is the likeliest reason. */
const failuresUntilStuck = 4;
/** A watch that ends in order, but sooner, is a failure: it must not become a loop without a pause. */
const shortMs = 1_000;

class ResumingListWatch implements ObservedListWatch {
  readonly #options: ListWatchOptions;
  readonly #site: Required<ListWatchSite>;
  readonly #logger: Logger;
  readonly #kind: string;
  readonly #objects: KnownObjects;
  readonly #backoff: Backoff;
  #listReason: ListReason | null = 'first';
  #resourceVersion = '';
  #relistDueMs = 0;
  #failuresOfVersion = 0;
  #expiries = 0;
  #refusedSinceMs: number | null = null;
  #isSynced = false;
  #lastContactMs: number | null = null;

  constructor(options: ListWatchOptions, site: ListWatchSite) {
    const { timing = defaultListWatchTiming, random = Math.random, logger } = site;
    this.#options = options;
    this.#site = { ...site, timing, random };
    this.#kind = kindName(options.type);
    this.#logger = logger.child({ kind: this.#kind, namespace: options.namespace });
    this.#objects = new KnownObjects(options.onChange);
    this.#backoff = new Backoff({ firstMs: timing.firstBackoffMs, longestMs: timing.longestBackoffMs, random });
  }

  get isSynced(): boolean {
    return this.#isSynced;
  }

  get lastContactMs(): number | null {
    return this.#lastContactMs;
  }

  get size(): number {
    return this.#objects.size;
  }

  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      try {
        if (this.#listReason !== null) await this.#list(this.#listReason, signal);
        await this.#watch(signal);
      } catch (error) {
        if (signal.aborted) return;
        throw error;
      }
    }
  }

  async #list(reason: ListReason, signal: AbortSignal): Promise<void> {
    const { source, clock, metrics, timing } = this.#site;
    let list = this.#objects.beginList();
    this.#resourceVersion = await listPages({
      source,
      query: this.#options,
      signal,
      onBegin: () => {
        list = this.#objects.beginList();
      },
      onPage: (objects) => {
        this.#heard();
        list.page(objects.map(trimmedObject));
      },
      onFailure: (error) => this.#listFailed(error, signal),
    });
    list.end();
    this.#listReason = null;
    this.#failuresOfVersion = 0;
    this.#refusedSinceMs = null;
    this.#relistDueMs = clock.monotonicMs() + timing.relistMs * (0.8 + 0.4 * this.#site.random());
    this.#isSynced = true;
    metrics.listed(this.#kind, reason);
    this.#logger.debug('listed', { reason, objects: this.#objects.size, revision: this.#resourceVersion });
    this.#options.onSynced();
  }

  async #listFailed(error: LinkError, signal: AbortSignal): Promise<void> {
    if (signal.aborted) throw error;
    this.#site.metrics.listFailed(this.#kind);
    if (this.#isHopeless(error)) throw error;
    await this.#pause({ what: 'a list failed', error, workedMs: 0 }, signal);
    if (signal.aborted) throw error;
  }

  /** Refused or unknown: at once on the first list; later only when it stays so, since an API server that starts says so too. */
  #isHopeless({ kind, status }: LinkError): boolean {
    const { clock, timing } = this.#site;
    if (kind === 'transient') {
      this.#refusedSinceMs = null;
      return false;
    }
    if (status !== 403 && status !== 404) return true;
    if (!this.#isSynced) return true;
    this.#refusedSinceMs ??= clock.monotonicMs();
    return clock.monotonicMs() - this.#refusedSinceMs >= timing.refusalGraceMs;
  }

  async #watch(signal: AbortSignal): Promise<void> {
    const { source, clock, metrics, timing } = this.#site;
    const ended = await watchOnce({
      source,
      query: this.#options,
      resourceVersion: this.#resourceVersion,
      timeoutSeconds: this.#timeoutSeconds(),
      silenceMs: timing.silenceMs,
      clock,
      onEvent: (event) => this.#take(event),
      onContact: () => this.#heard(),
      signal,
    });
    if (signal.aborted) return;
    metrics.watchEnded(this.#kind, ended.end);
    this.#logger.debug('a watch ended', { reason: ended.end, durationMs: Math.round(ended.livedMs) });
    await this.#afterWatch(ended, signal);
  }

  #take(event: Exclude<WatchEvent, { readonly type: 'error' }>): void {
    if (event.type === 'upsert') this.#objects.upsert(trimmedObject(event.object));
    if (event.type === 'delete') this.#objects.delete(trimmedObject(event.object));
    this.#resourceVersion = event.type === 'bookmark' ? event.resourceVersion : event.object.metadata.resourceVersion;
    this.#failuresOfVersion = 0;
    this.#expiries = 0;
  }

  async #afterWatch({ end, livedMs, error }: EndedWatch, signal: AbortSignal): Promise<void> {
    const { clock, timing } = this.#site;
    if (livedMs >= timing.healthyMs) this.#backoff.reset();
    this.#listReason = this.#relistReasonAfter(end, error);
    if (clock.monotonicMs() >= this.#relistDueMs - shortMs) this.#listReason ??= 'periodic';
    // Silence may just mean that there was nothing to say.
    const isInOrder = (end === 'closed' && livedMs >= shortMs) || end === 'silent';
    // A version that has expired is nobody's failure; one that was listed a moment ago is.
    const isFirstExpiry = end === 'expired' && this.#expiries === 1;
    if (isInOrder || isFirstExpiry) return;
    await this.#pause({ what: messages[end], error, workedMs: livedMs }, signal);
  }

  #relistReasonAfter(end: WatchEnd, error: LinkError | null): ListReason | null {
    if (end === 'expired') this.#expiries += 1;
    if (end === 'expired' || end === 'unparsable' || end === 'overlong') return end;
    // Unknown or forbidden now: the list finds out how things are.
    if (error?.kind === 'fatal') return 'stuck';
    if (end === 'failed') this.#failuresOfVersion += 1;
    return this.#failuresOfVersion >= failuresUntilStuck ? 'stuck' : null;
  }

  /** Ends when the next list is due, at the latest. */
  #timeoutSeconds(): number {
    const { clock, random, timing } = this.#site;
    const { least, most } = timing.watchSeconds;
    const untilRelist = (this.#relistDueMs - clock.monotonicMs()) / 1000;
    return Math.max(1, Math.ceil(Math.min(least + (most - least) * random(), untilRelist)));
  }

  /** Says so where it was well before, and waits. */
  async #pause(
    failure: { what: string; error: LinkError | null; workedMs: number },
    signal: AbortSignal,
  ): Promise<void> {
    const { what, error, workedMs } = failure;
    const isNew = this.#backoff.failures === 0;
    const waitMs = this.#backoff.failed({ retryAfterMs: error?.retryAfterMs ?? 0, workedMs });
    const fields = { waitMs: Math.round(waitMs), failures: this.#backoff.failures, ...(error && { err: error }) };
    if (isNew) this.#logger.warn(what, fields);
    else this.#logger.debug(what, fields);
    await this.#site.clock.sleep(waitMs, signal);
  }

  #heard(): void {
    this.#lastContactMs = this.#site.clock.monotonicMs();
  }
}

const messages: Readonly<Record<WatchEnd, string>> = {
  closed: 'a watch ended right after it began',
  cut: 'a watch was cut',
  silent: 'a watch has gone silent',
  expired: 'a watch cannot go on from where it was',
  throttled: 'the API server asks for patience',
  failed: 'a watch failed',
  unreachable: 'the API server does not answer',
  unparsable: 'a watch sent a line that is no event',
  overlong: 'a watch sent a line that is too long',
};

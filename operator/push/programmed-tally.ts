/**
 * Counts per endpoint who may use it and who does. Proxies that are at the same point are counted together: coming, going and
 * acknowledging cost the same however many endpoints there are, and counting an endpoint costs as many steps as there are
 * different points in its namespace.
 */
import type { Clock, Timer } from '#shared/clock/clock.ts';
import { emptySet, type AudienceTable, type EndpointSet } from '../tables/audience-table.ts';
import type { ProgrammedCount, ProgrammedCounts } from './programmed-counts.ts';
import type { SetDifferences } from './set-differences.ts';

/** Where a connected proxy stands. Immutable: a step makes another. */
export interface Standing {
  readonly namespace: string;
  /** The newest for its audience. */
  readonly current: AudienceTable;
  /** The one that it said it uses; null: none yet. */
  readonly acknowledged: AudienceTable | null;
  /** Names in the acknowledged table that it said it cannot call. */
  readonly unusable: ReadonlySet<string>;
}

/** Proxies whose newest and acknowledged sets are the same. */
interface Point {
  readonly current: EndpointSet;
  readonly acknowledged: EndpointSet;
  proxies: number;
}

interface NamespaceTally {
  readonly pointsByKey: Map<string, Point>;
  /** By endpoint name, those that cannot call it. */
  readonly unableByName: Map<string, Set<Standing>>;
}

interface PendingDifference {
  readonly namespace: string;
  readonly from: EndpointSet;
  readonly to: EndpointSet;
}

const intervalMs = 500;
/** So that the first of many changes does not come alone. */
const gatherMs = 25;
const maxPending = 256;

export class ProgrammedTally implements ProgrammedCounts {
  readonly #clock: Clock;
  readonly #differences: SetDifferences;
  readonly #talliesByNamespace = new Map<string, NamespaceTally>();
  readonly #listeners = new Set<(endpoints: ReadonlySet<string>) => void>();
  readonly #pendingByKey = new Map<string, PendingDifference>();
  #changed = new Set<string>();
  #timer: Timer | null = null;
  #toldAtMs = -Infinity;

  constructor({ clock, differences }: { readonly clock: Clock; readonly differences: SetDifferences }) {
    this.#clock = clock;
    this.#differences = differences;
  }

  countFor(endpoint: string): ProgrammedCount {
    const slash = endpoint.indexOf('/');
    const tally = this.#talliesByNamespace.get(endpoint.slice(0, slash));
    const name = endpoint.slice(slash + 1);
    let entitled = 0;
    let programmed = 0;
    for (const { current, acknowledged, proxies } of tally?.pointsByKey.values() ?? []) {
      const revision = current.endpointsByName.get(name)?.revision;
      if (revision === undefined) continue;
      entitled += proxies;
      if (acknowledged.endpointsByName.get(name)?.revision === revision) programmed += proxies;
    }
    for (const standing of tally?.unableByName.get(name) ?? []) if (isProgrammed(standing, name)) programmed -= 1;
    return { entitled, programmed };
  }

  onChanged(listener: (endpoints: ReadonlySet<string>) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /** Endpoints that some connected proxy may use, as `namespace/name`. */
  endpoints(): ReadonlySet<string> {
    const endpoints = new Set<string>();
    for (const [namespace, { pointsByKey }] of this.#talliesByNamespace)
      for (const current of new Set([...pointsByKey.values()].map((point) => point.current)))
        for (const name of current.endpointsByName.keys()) endpoints.add(`${namespace}/${name}`);
    return endpoints;
  }

  /** A proxy goes from one standing to another; null: it was not, or is no longer, connected. */
  move(from: Standing | null, to: Standing | null): void {
    // Coming before going, so that a namespace with one proxy is not thrown away between the two.
    if (to !== null) this.#add(to, 1);
    if (from !== null) this.#add(from, -1);
    const namespace = (to ?? from)?.namespace;
    if (namespace === undefined) return;
    for (const part of ['shared', 'scoped'] as const) {
      this.#changes({ namespace, from: from?.current[part] ?? emptySet, to: to?.current[part] ?? emptySet });
      this.#changes({ namespace, from: acknowledgedSet(from, part), to: acknowledgedSet(to, part) });
    }
    for (const name of [...(from?.unusable ?? []), ...(to?.unusable ?? [])]) this.#changed.add(`${namespace}/${name}`);
    this.#tellSoon();
  }

  #add(standing: Standing, step: 1 | -1): void {
    const { namespace } = standing;
    let tally = this.#talliesByNamespace.get(namespace);
    if (tally === undefined)
      this.#talliesByNamespace.set(namespace, (tally = { pointsByKey: new Map(), unableByName: new Map() }));
    for (const part of ['shared', 'scoped'] as const) addToPoint(tally, { standing, part, step });
    for (const name of standing.unusable) {
      const unable = tally.unableByName.get(name) ?? new Set();
      if (step === 1) tally.unableByName.set(name, unable.add(standing));
      else if (unable.delete(standing) && unable.size === 0) tally.unableByName.delete(name);
    }
    if (tally.pointsByKey.size === 0) this.#talliesByNamespace.delete(namespace);
  }

  #changes(pending: PendingDifference): void {
    const { namespace, from, to } = pending;
    if (from.digest === to.digest) return;
    this.#pendingByKey.set(`${namespace} ${from.digest} ${to.digest}`, pending);
    if (this.#pendingByKey.size >= maxPending) this.#spread();
  }

  /** Turns differences between sets into names. */
  #spread(): void {
    for (const { namespace, from, to } of this.#pendingByKey.values()) {
      const { upserts, deletes } = this.#differences.between(from, to);
      for (const { name } of upserts) this.#changed.add(`${namespace}/${name}`);
      for (const name of deletes) this.#changed.add(`${namespace}/${name}`);
    }
    this.#pendingByKey.clear();
  }

  #tellSoon(): void {
    if (this.#timer !== null || (this.#changed.size === 0 && this.#pendingByKey.size === 0)) return;
    const dueMs = Math.max(gatherMs, this.#toldAtMs + intervalMs - this.#clock.monotonicMs());
    this.#timer = this.#clock.after(dueMs, () => {
      this.#timer = null;
      this.#toldAtMs = this.#clock.monotonicMs();
      this.#spread();
      const changed = this.#changed;
      this.#changed = new Set();
      for (const listener of this.#listeners) listener(changed);
    });
  }
}

function acknowledgedSet(standing: Standing | null, part: 'shared' | 'scoped'): EndpointSet {
  return standing?.acknowledged?.[part] ?? emptySet;
}

function addToPoint(
  { pointsByKey }: NamespaceTally,
  { standing, part, step }: { readonly standing: Standing; readonly part: 'shared' | 'scoped'; readonly step: 1 | -1 },
): void {
  const current = standing.current[part];
  const acknowledged = acknowledgedSet(standing, part);
  const key = `${part} ${current.digest} ${acknowledged.digest}`;
  const point = pointsByKey.get(key);
  if (point === undefined) pointsByKey.set(key, { current, acknowledged, proxies: step });
  else if (point.proxies + step === 0) pointsByKey.delete(key);
  else point.proxies += step;
}

function isProgrammed({ current, acknowledged }: Standing, name: string): boolean {
  if (acknowledged === null) return false;
  return (['shared', 'scoped'] as const).some((part) => {
    const revision = current[part].endpointsByName.get(name)?.revision;
    return revision !== undefined && acknowledged[part].endpointsByName.get(name)?.revision === revision;
  });
}

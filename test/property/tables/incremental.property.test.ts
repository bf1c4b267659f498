import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { compile } from '#shared/compile/compile.ts';
import type { Snapshot } from '#shared/compile/snapshot.ts';
import { defaultConfiguration } from '#shared/resources/configuration.ts';
import type { Endpoint, TableOptions } from '#shared/table/endpoint-table.ts';
import type { Sensitive } from '#shared/table/sensitive.ts';
import type { AudienceTable, ProxyAudience, Publication } from '../../../operator/tables/audience-table.ts';
import { closedConfiguration, closedPipelines } from '../../../operator/tables/closed-configuration.ts';
import type { OptionReport } from '../../../operator/status/option-report.ts';
import { ClusterBook } from '../../support/cluster-book.ts';
import { ClusterFeed } from '../../support/cluster-feed.ts';
import { audiences, history, namespaces, type HistoryStep } from './cluster-history.ts';

function endpointsOf({ shared, scoped }: AudienceTable): ReadonlyMap<string, Endpoint> {
  return new Map([...shared.endpointsByName, ...scoped.endpointsByName]);
}

/** Plays a history to books; `flushes` says at which of its flushes each one takes part. */
function play(steps: readonly HistoryStep[], feed: ClusterFeed, flush: (nth: number) => void): void {
  for (const [nth, step] of steps.entries()) {
    if (step.kind === 'change') step.change(feed);
    else flush(nth);
  }
}

function usesLastGood({ tables, feed }: ClusterBook, namespace: string): boolean {
  const hasEndpoint = [...feed.endpointKeys()].some(
    (key) => key.startsWith(`${namespace}/`) && tables.reportFor(key)?.usesLastGood === true,
  );
  const hasMiddleware = feed.middleware(namespace).some(({ name }) => {
    const findings = tables.optionReportFor('Component', `${namespace}/${name}`)?.findings ?? [];
    return findings.some(({ message }) => message.includes('the last good value'));
  });
  return hasEndpoint || hasMiddleware;
}

describe('tables that were kept up to date', () => {
  test('are those that would be made from nothing, but for values that are no longer there', () => {
    fc.assert(
      fc.property(history({ hasPending: false }), (steps) => {
        const feed = new ClusterFeed('key');
        const book = new ClusterBook(feed);
        play(steps, feed, () => book.tables.flush());
        book.tables.flush();
        const fresh = new ClusterBook(feed);
        fresh.tables.flush();
        for (const audience of audiences) {
          const [kept, made] = [book.tables.tableFor(audience), fresh.tables.tableFor(audience)];
          if (!usesLastGood(book, audience.namespace)) expect(kept.revision).toBe(made.revision);
          const keptByName = endpointsOf(kept);
          const madeByName = endpointsOf(made);
          expect([...keptByName.keys()]).toEqual([...madeByName.keys()]);
          for (const [name, endpoint] of keptByName) {
            const key = `${audience.namespace}/${name}`;
            if (book.tables.reportFor(key)?.usesLastGood === true) {
              expect(fresh.tables.reportFor(key)).toMatchObject({ usesLastGood: false });
              // Denied to this audience, or still in use.
              expect(endpoint.state === 'ready' || endpoint.reason === 'SecretNotAllowed').toBe(true);
            } else {
              expect(endpoint.revision).toBe(madeByName.get(name)?.revision);
              expect(book.tables.reportFor(key)).toEqual(fresh.tables.reportFor(key));
            }
          }
        }
        for (const [reason, count] of book.tables.problemCounts()) expect([reason, count > 0]).toEqual([reason, true]);
        for (const namespace of namespaces.filter((candidate) => !usesLastGood(book, candidate)))
          expect(optionReports(book, namespace)).toEqual(optionReports(fresh, namespace));
      }),
      { numRuns: 300 },
    );
  });

  test('are equal on two replicas that share the key, however often each of them looked', () => {
    fc.assert(
      fc.property(history({ hasPending: true }), fc.nat(), (steps, seed) => {
        const feed = new ClusterFeed('key');
        const [one, other] = [new ClusterBook(feed), new ClusterBook(feed)];
        play(steps, feed, (nth) => {
          one.tables.flush();
          if ((nth + seed) % 3 === 0) other.tables.flush();
        });
        for (const namespace of namespaces)
          for (const name of ['s0', 's1', 's2']) {
            // Whole again, so that nothing rests on what only one of them saw.
            const valuesByKey = new Map<string, Sensitive>();
            if (feed.secret(`${namespace}/${name}`).state === 'pending')
              feed.setReading({ namespace, name }, { state: 'loaded', valuesByKey });
          }
        one.tables.flush();
        other.tables.flush();
        for (const audience of audiences) {
          if (usesLastGood(one, audience.namespace) || usesLastGood(other, audience.namespace)) continue;
          const [first, second] = [one.tables.tableFor(audience), other.tables.tableFor(audience)];
          expect(second.revision).toBe(first.revision);
          expect(second.shared.digest).toBe(first.shared.digest);
          expect(second.scoped.digest).toBe(first.scoped.digest);
        }
      }),
      { numRuns: 200 },
    );
  });

  test('concern nobody whom the publication does not name', () => {
    fc.assert(
      fc.property(history({ hasPending: true }), (steps) => {
        const book = new ClusterBook();
        book.tables.flush();
        let tables = audiences.map((audience) => book.tables.tableFor(audience));
        play(steps, book.feed, () => {
          book.publications.length = 0;
          book.tables.flush();
          const now = audiences.map((audience) => book.tables.tableFor(audience));
          for (const [index, audience] of audiences.entries()) {
            const isSame = now[index]?.revision === tables[index]?.revision;
            if (!isSame) expect(concerns(book.publications, audience)).toBe(true);
          }
          tables = now;
        });
      }),
      { numRuns: 200 },
    );
  });
});

function concerns(publications: readonly Publication[], { namespace, appId }: ProxyAudience): boolean {
  return publications.some(({ namespaces: all, apps }) => all.has(namespace) || apps.has(`${namespace}/${appId}`));
}

describe('the tables of a cluster', () => {
  test('hold what compile makes of the same resources for the same audience', () => {
    fc.assert(
      fc.property(history({ hasPending: false }), (steps) => {
        const book = new ClusterBook();
        play(steps, book.feed, () => undefined);
        book.tables.flush();
        for (const audience of audiences) {
          const snapshot = snapshotFrom(book.feed, audience);
          const { table } = compile(snapshot, audience);
          const isClosed = snapshot.configuration === closedConfiguration;
          const pipelines = isClosed ? closedPipelines(audience, 'missing') : table.pipelines;
          const compiled = [...table.endpointsByName.values()].map(told);
          const inBook = [...endpointsOf(book.tables.tableFor(audience)).values()].map(told);
          expect(inBook.toSorted()).toEqual(compiled.toSorted());
          expect(toldOptions(book.tables.tableFor(audience).options)).toEqual(toldOptions({ ...table, pipelines }));
        }
      }),
      { numRuns: 150 },
    );
  });
});

/** Refusals name their first reason in either, and not always all of them in the same words. */
function told(endpoint: Endpoint): string {
  return endpoint.state === 'ready' ? `${endpoint.name} ${endpoint.revision}` : `${endpoint.name} is refused`;
}

function toldOptions({ resilience, pipelines }: TableOptions): object {
  const revisions = [...pipelines.http, ...pipelines.app].map(({ state, name, revision }) =>
    state === 'ready' ? `${name} ${revision}` : `${name} is refused`,
  );
  return { resilience, revisions };
}

function optionReports({ tables, feed }: ClusterBook, namespace: string): readonly (OptionReport | null)[] {
  return [
    ...feed.resiliencies(namespace).map(({ name }) => tables.optionReportFor('Resiliency', `${namespace}/${name}`)),
    ...feed.middleware(namespace).map(({ name }) => tables.optionReportFor('Component', `${namespace}/${name}`)),
    ...feed
      .configurations(namespace)
      .map(({ name }) => tables.optionReportFor('Configuration', `${namespace}/${name}`)),
  ];
}

/** Everything in the feed, as a folder source would give it. */
function snapshotFrom(feed: ClusterFeed, { namespace, configuration }: ProxyAudience): Snapshot {
  const parsed = [...feed.endpointKeys()].flatMap((key) => feed.endpoint(key)?.parsed ?? []);
  const secrets = ['s0', 's1', 's2'].flatMap((name) => {
    const reading = feed.secret(`${namespace}/${name}`);
    return reading.state === 'loaded' ? [[`${namespace}/${name}`, reading.valuesByKey] as const] : [];
  });
  const store = { namespaced: true, secretsByName: new Map(secrets), failure: null };
  const names = ['kubernetes', 'cluster'].filter((name) => feed.secretStoreKind(namespace, name) === 'kubernetes');
  return {
    endpoints: parsed.flatMap((item) => (item.state === 'valid' ? [item.endpoint] : [])),
    invalidEndpoints: parsed.flatMap((item) => (item.state === 'invalid' ? [item.endpoint] : [])),
    resiliencies: feed.resiliencies(namespace).flatMap(({ parsed: { resiliency } }) => resiliency ?? []),
    middleware: feed.middleware(namespace).flatMap(({ parsed: { component } }) => component ?? []),
    problems: [],
    secretStoresByName: new Map(names.map((name) => [name, store])),
    defaultSecretStore: 'kubernetes',
    env: null,
    allowedEnvNames: null,
    // A Configuration that is named and not there allows nothing.
    configuration:
      configuration === ''
        ? defaultConfiguration
        : (feed.configuration(`${namespace}/${configuration}`) ?? closedConfiguration),
    fingerprintKey: 'key',
  };
}

/** Counting by groups gives what counting one by one gives, and every count that changed is told. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { AudienceTable, EndpointSet } from '../../../operator/tables/audience-table.ts';
import { ProgrammedTally, type Standing } from '../../../operator/push/programmed-tally.ts';
import { SetDifferences } from '../../../operator/push/set-differences.ts';
import { fakeEndpoint } from '../../support/fake-board.ts';
import { ManualClock } from '../../support/manual-clock.ts';

const names = ['one', 'two', 'three', 'four'];
const namespaces = ['shop', 'bakery'];

/** Revision of each endpoint; 0: it is not there. The last two are in the scoped set. */
const tables = fc.tuple(...names.map(() => fc.integer({ min: 0, max: 2 }))).map((revisions): AudienceTable => ({
  revision: revisions.join(''),
  shared: setOf(revisions, [0, 1]),
  scoped: setOf(revisions, [2, 3]),
  options: {} as AudienceTable['options'],
}));

const standings = fc.record({
  namespace: fc.constantFrom(...namespaces),
  current: tables,
  acknowledged: fc.option(tables),
  unusable: fc.subarray(names).map((some) => new Set(some)),
});

interface Step {
  readonly proxy: number;
  /** Null: it goes. */
  readonly standing: Standing | null;
  readonly afterMs: number;
}

const steps: fc.Arbitrary<readonly Step[]> = fc.array(
  fc.record({ proxy: fc.nat(5), standing: fc.option(standings), afterMs: fc.constantFrom(0, 10, 600) }),
  { maxLength: 40 },
);

describe('the tally', () => {
  test('counts what is there, and tells what changed, at most twice a second', () => {
    fc.assert(
      fc.property(steps, (taken) => {
        const clock = new ManualClock();
        const tally = new ProgrammedTally({ clock, differences: new SetDifferences() });
        const standingsByProxy = new Map<number, Standing>();
        const toldAtMs: number[] = [];
        let told = countsOf(tally);
        tally.onChanged((endpoints) => {
          toldAtMs.push(clock.monotonicMs());
          const now = countsOf(tally);
          for (const [endpoint, count] of now) if (count !== told.get(endpoint)) expect(endpoints).toContain(endpoint);
          told = now;
        });
        for (const { proxy, standing, afterMs } of taken) {
          const before = standingsByProxy.get(proxy) ?? null;
          // A proxy never changes its namespace.
          const after = standing === null ? null : { ...standing, namespace: before?.namespace ?? standing.namespace };
          tally.move(before, after);
          if (after === null) standingsByProxy.delete(proxy);
          else standingsByProxy.set(proxy, after);
          expect(countsOf(tally)).toEqual(countedOneByOne([...standingsByProxy.values()]));
          clock.advance(afterMs);
        }
        clock.advance(1_000);
        expect(told).toEqual(countsOf(tally));
        for (const [at, ms] of toldAtMs.entries())
          expect(ms - (toldAtMs[at - 1] ?? -1_000)).toBeGreaterThanOrEqual(500);
        expect(new Set(tally.endpoints())).toEqual(
          new Set([...countsOf(tally)].filter(([, count]) => !count.startsWith('0 ')).map(([endpoint]) => endpoint)),
        );
      }),
    );
  });
});

function setOf(revisions: readonly number[], places: readonly number[]): EndpointSet {
  const present = places.filter((place) => revisions[place] !== 0);
  return {
    digest: present.map((place) => `${place}:${revisions[place]}`).join(' '),
    endpointsByName: new Map(
      present.map((place) => [names[place] ?? '', fakeEndpoint(names[place] ?? '', `${revisions[place]}`)]),
    ),
  };
}

function countsOf(tally: ProgrammedTally): Map<string, string> {
  const endpoints = namespaces.flatMap((namespace) => names.map((name) => `${namespace}/${name}`));
  return new Map(
    endpoints.map((endpoint) => {
      const { entitled, programmed } = tally.countFor(endpoint);
      return [endpoint, `${entitled} ${programmed}`];
    }),
  );
}

function countedOneByOne(standing: readonly Standing[]): Map<string, string> {
  const counts = new Map<string, string>();
  for (const namespace of namespaces)
    for (const name of names) {
      const entitled = standing.filter((one) => one.namespace === namespace && revisionIn(one.current, name) !== '');
      const programmed = entitled.filter(
        ({ current, acknowledged, unusable }) =>
          acknowledged !== null && revisionIn(acknowledged, name) === revisionIn(current, name) && !unusable.has(name),
      );
      counts.set(`${namespace}/${name}`, `${entitled.length} ${programmed.length}`);
    }
  return counts;
}

function revisionIn({ shared, scoped }: AudienceTable, name: string): string {
  return (shared.endpointsByName.get(name) ?? scoped.endpointsByName.get(name))?.revision ?? '';
}

/**
 * What one change costs in the operator's tables, by the number of endpoints and of apps: `node test/bench/tables-main.ts`.
 * Nothing else of the operator runs, so the figures are of compile, sets and digests alone.
 */
import { systemClock } from '#shared/clock/clock.ts';
import { TableBook } from '../../operator/tables/table-book.ts';
import { ClusterFeed } from '../support/cluster-feed.ts';
import { configurationObject, endpointObject, secretHeader, secretObject } from '../support/cluster-objects.ts';
import { memoryLogger } from '../support/memory-logger.ts';
import { percentile } from './statistics.ts';

const changes = 200;
const sizes = [
  { endpoints: 500, apps: 100 },
  { endpoints: 1_000, apps: 1_000 },
  { endpoints: 5_000, apps: 2_000 },
];

const ms = (value: number): string => `${value.toFixed(3)} ms`;

/** Half of the endpoints are for all apps, half for one; each takes a header from a Secret. */
function fill(feed: ClusterFeed, { endpoints, apps }: { endpoints: number; apps: number }): void {
  for (let n = 0; n < endpoints; n += 1) {
    feed.apply(secretObject(`s${n}`, { k: `value ${n}` }));
    const scopes = n % 2 === 0 ? [] : [`app${n % apps}`];
    feed.apply(endpointObject(`e${n}`, { headers: [secretHeader(`s${n}`, 'k')], scopes }));
  }
  const deniedSecrets = ['s0', 's2'];
  feed.apply(configurationObject('strict', { secrets: { scopes: [{ storeName: 'kubernetes', deniedSecrets }] } }));
}

for (const size of sizes) {
  const feed = new ClusterFeed('bench');
  fill(feed, size);
  const book = new TableBook({ feed, fingerprintKey: 'bench', clock: systemClock, logger: memoryLogger([]) });
  feed.follow(book);
  const firstMs = timed(() => book.flush());
  const audience = (n: number, configuration = ''): { namespace: string; appId: string; configuration: string } => ({
    namespace: 'shop',
    appId: `app${n}`,
    configuration,
  });
  const everyTable = (): void => {
    for (let n = 0; n < size.apps; n += 1) book.tableFor(audience(n));
  };
  const tablesMs = timed(everyTable);
  const shared = measure(
    (n) => rotate(n * 2),
    () => book.tableFor(audience(0)),
  );
  const strict = measure(
    (n) => rotate(n * 2),
    () => book.tableFor(audience(0, 'strict')),
  );
  const all = measure((n) => rotate(n * 2), everyTable);
  const scoped = measure(
    (n) => rotate(n * 2 + 1),
    (n) => book.tableFor(audience((n * 2 + 1) % size.apps)),
  );

  console.log(`${size.endpoints} endpoints, ${size.apps} apps`);
  console.log(`  all from nothing: compile ${ms(firstMs)}, tables of all apps ${ms(tablesMs)}`);
  console.log(`  a Secret of a shared endpoint rotates, table of one app: ${shared}`);
  console.log(`  the same, for an app whose Configuration denies Secrets: ${strict}`);
  console.log(`  the same, tables of all apps: ${all}`);
  console.log(`  a Secret of a scoped endpoint rotates, table of its app: ${scoped}`);

  function rotate(n: number): void {
    feed.apply(secretObject(`s${n}`, { k: `rotated ${Math.random()}` }));
  }

  function measure(change: (n: number) => void, ask: (n: number) => void): string {
    const times: number[] = [];
    for (let n = 0; n < changes; n += 1) {
      change(n % (size.endpoints / 2));
      times.push(
        timed(() => {
          book.flush();
          ask(n % (size.endpoints / 2));
        }),
      );
    }
    return `p50 ${ms(percentile(times, 0.5))}, p99 ${ms(percentile(times, 0.99))}`;
  }
}

function timed(run: () => void): number {
  const startMs = systemClock.monotonicMs();
  run();
  return systemClock.monotonicMs() - startMs;
}

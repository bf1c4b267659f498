/** docs/metrics.md names every metric, with its labels, and none that does not exist. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { Metrics } from '../../../proxy/telemetry/metrics.ts';
import { parseExposition } from '../../support/exposition.ts';
import { memoryLogger } from '../../support/memory-logger.ts';
import { tableWith } from '../../support/telemetry-records.ts';

test('the page and the metrics agree', async () => {
  const page = await readFile(join(import.meta.dirname, '../../../docs/metrics.md'), 'utf8');
  const documented = new Set(page.match(/`(?:dapr|process|nodejs)_\w+`/g)?.map((name) => name.slice(1, -1)));
  const metrics = new Metrics({ appId: 'shop', namespace: 'default', logger: memoryLogger([]) });
  metrics.showLink({ isConnected: true, connections: 1, failures: 0, refusedTables: 0, silentForMs: 0 });
  metrics.showMiddleware(() => []);
  metrics.tableApplied(tableWith({ metrics: { recordErrorCodes: true } }));
  const families = parseExposition((await metrics.render()).body);
  expect([...families.keys()].toSorted()).toEqual([...documented].toSorted());
});

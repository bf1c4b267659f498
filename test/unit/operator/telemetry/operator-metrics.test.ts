import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { OperatorMetrics, type SampledState } from '../../../../operator/telemetry/operator-metrics.ts';
import { parseExposition, type Family } from '../../../support/exposition.ts';

const state: SampledState = {
  isReady: () => true,
  isLeader: () => false,
  objectCounts: () => [['endpoints', 7]],
  tableAgeMs: () => 1_500,
  watchSilenceMs: () => 250,
  tableRevisions: () => [{ namespace: 'shop', appId: 'orders', configuration: '', revision: 'r1' }],
  problemCounts: () => [{ kind: 'HTTPEndpoint', reason: 'SecretNotFound', count: 2 }],
  certificateEnds: () => [['serving', 1_700_000_000_000]],
};

function newMetrics(sampled: Partial<SampledState> = {}): OperatorMetrics {
  const metrics = new OperatorMetrics({ version: '1.2.3', now: new Date() });
  metrics.sample({ ...state, ...sampled });
  return metrics;
}

async function familiesOf(metrics: OperatorMetrics): Promise<ReadonlyMap<string, Family>> {
  return parseExposition((await metrics.render()).body);
}

async function samplesOf(metrics: OperatorMetrics, name: string): Promise<readonly string[]> {
  const family = (await familiesOf(metrics)).get(`farpoint_operator_${name}`);
  return (family?.samples ?? []).map(({ labels, value }) => `${JSON.stringify(labels)} ${value}`);
}

describe('what is read at a scrape', () => {
  test.each([
    ['build_info', '{"version":"1.2.3"} 1'],
    ['ready', '{} 1'],
    ['leader', '{} 0'],
    ['objects', '{"kind":"endpoints"} 7'],
    ['table_age_seconds', '{} 1.5'],
    ['watch_silence_seconds', '{} 0.25'],
    ['table_info', '{"namespace":"shop","app_id":"orders","configuration":"","revision":"r1"} 1'],
    ['problems', '{"kind":"HTTPEndpoint","reason":"SecretNotFound"} 2'],
    ['certificate_expiry_timestamp_seconds', '{"certificate":"serving"} 1700000000'],
  ])('%s', async (name, sample) => {
    expect(await samplesOf(newMetrics(), name)).toEqual([sample]);
  });

  test('is not shown before there is a value', async () => {
    const metrics = newMetrics({ tableAgeMs: () => null, watchSilenceMs: () => null });
    expect(await samplesOf(metrics, 'table_age_seconds')).toEqual([]);
    expect(await samplesOf(metrics, 'watch_silence_seconds')).toEqual([]);
  });

  test('forgets what is no longer so', async () => {
    const revisions = ['r1', 'r2'];
    const metrics = newMetrics({
      tableRevisions: () => [
        { namespace: 'shop', appId: 'orders', configuration: '', revision: revisions.shift() ?? '' },
      ],
    });
    await metrics.render();
    const samples = await samplesOf(metrics, 'table_info');
    expect(samples).toHaveLength(1);
    expect(samples[0]).toContain('r2');
  });

  test('shows 500 audiences at most, however many there are', async () => {
    const many = Array.from({ length: 2_000 }, (_, index) => ({
      namespace: 'shop',
      appId: `app-${index}`,
      configuration: '',
      revision: 'r',
    }));
    expect(await samplesOf(newMetrics({ tableRevisions: () => many }), 'table_info')).toHaveLength(500);
  });
});

describe('what is counted', () => {
  test('of streams', async () => {
    const metrics = newMetrics();
    metrics.push.streamOpened();
    metrics.push.streamOpened();
    metrics.push.streamEnded('stalled');
    metrics.push.tableSent(3);
    metrics.push.bytesSent(1_000);
    metrics.push.acknowledged('refused');
    expect(await samplesOf(metrics, 'streams')).toEqual(['{} 1']);
    expect(await samplesOf(metrics, 'streams_opened_total')).toEqual(['{} 2']);
    expect(await samplesOf(metrics, 'streams_ended_total')).toEqual(['{"reason":"stalled"} 1']);
    expect(await samplesOf(metrics, 'changes_sent_total')).toEqual(['{} 3']);
    expect(await samplesOf(metrics, 'sent_bytes_total')).toEqual(['{} 1000']);
    expect(await samplesOf(metrics, 'acknowledgements_total')).toEqual(['{"outcome":"refused"} 1']);
  });

  test('of watches, with unparsable lines apart', async () => {
    const metrics = newMetrics();
    metrics.watches.watchEnded('pods', 'closed');
    metrics.watches.watchEnded('pods', 'unparsable');
    expect(await samplesOf(metrics, 'watch_restarts_total')).toEqual([
      '{"kind":"pods","reason":"closed"} 1',
      '{"kind":"pods","reason":"unparsable"} 1',
    ]);
    expect(await samplesOf(metrics, 'unparsable_lines_total')).toEqual(['{"kind":"pods"} 1']);
  });

  test('of rounds of compiling', async () => {
    const metrics = newMetrics();
    metrics.tables.roundFinished({ compileMs: 3, endpoints: 10, changed: 1 });
    const samples = await samplesOf(metrics, 'compile_duration_seconds');
    expect(samples).toContain('{"le":"0.0025"} 0');
    expect(samples).toContain('{"le":"0.005"} 1');
    expect(await samplesOf(metrics, 'endpoints_compiled_total')).toEqual(['{} 10']);
  });

  test('of status', async () => {
    const metrics = newMetrics();
    metrics.status.waiting('httpendpoints.dapr.io', 4);
    metrics.status.statusSupported('httpendpoints.dapr.io', false);
    metrics.status.statusSupported('resiliencies.dapr.io', true);
    metrics.status.statusWritten('written');
    metrics.status.eventWritten('dropped');
    expect(await samplesOf(metrics, 'status_waiting')).toEqual(['{"kind":"httpendpoints.dapr.io"} 4']);
    expect(await samplesOf(metrics, 'status_supported')).toEqual([
      '{"kind":"httpendpoints.dapr.io"} 0',
      '{"kind":"resiliencies.dapr.io"} 1',
    ]);
    expect(await samplesOf(metrics, 'status_writes_total')).toEqual(['{"outcome":"written"} 1']);
    expect(await samplesOf(metrics, 'events_total')).toEqual(['{"outcome":"dropped"} 1']);
  });
});

test('docs/operator-metrics.md names every metric, and none that does not exist', async () => {
  const page = await readFile(join(import.meta.dirname, '../../../../docs/operator-metrics.md'), 'utf8');
  const tables = page.slice(0, page.indexOf('## What to page on'));
  const documented = new Set(
    tables.match(/`(?:farpoint_operator|process|nodejs)_\w+`/g)?.map((name) => name.slice(1, -1)),
  );
  expect([...(await familiesOf(newMetrics())).keys()].toSorted()).toEqual([...documented].toSorted());
});

test('every metric that is to be paged on exists', async () => {
  const page = await readFile(join(import.meta.dirname, '../../../../docs/operator-metrics.md'), 'utf8');
  const advice = page.slice(page.indexOf('## What to page on'));
  const names = await familiesOf(newMetrics());
  for (const [name] of advice.matchAll(/farpoint_operator_\w+/g)) expect([...names.keys()]).toContain(name);
});

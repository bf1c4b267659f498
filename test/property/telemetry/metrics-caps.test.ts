/** Whatever is recorded, and under whatever options, the number and the size of series stay within the caps. */
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import type { MetricsOptions } from '#shared/table/endpoint-table.ts';
import { Metrics } from '../../../proxy/telemetry/metrics.ts';
import { collectGarbage } from '../../support/collect-garbage.ts';
import { parseExposition } from '../../support/exposition.ts';
import { memoryLogger } from '../../support/memory-logger.ts';
import { endedCall, servedRequest, tableWith } from '../../support/telemetry-records.ts';

const maxCounterSeries = 1_000;
const maxHistogramSeries = 300;
const longestLabel = 160;
const recordsPerRun = 1_200;

const options: fc.Arbitrary<Partial<MetricsOptions>> = fc.record({
  increasedCardinality: fc.boolean(),
  excludeVerbs: fc.boolean(),
  recordErrorCodes: fc.boolean(),
  pathMatching: fc.array(fc.constantFrom('/a/{x}', '/{y}/b', '/c/', 'GET /d', '{', '/')),
  rules: fc.array(
    fc.constantFrom(
      { metric: 'dapr_http_server_request_count', label: 'path', patterns: [{ pattern: '\\d', replacement: '$0$0' }] },
      { metric: 'dapr_http_client_completed_count', label: 'status', patterns: [{ pattern: '.*', replacement: '' }] },
      { metric: 'http/server/latency', label: 'app_id', patterns: [{ pattern: '(', replacement: 'x' }] },
    ),
    { maxLength: 2 },
  ),
});

/** Text that callers choose: any characters at all, and far too long. */
const hostileText = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 60 }),
  fc.constantFrom('x'.repeat(10_000), '"\\\n{}', 'http://a:b@c/', '%2e%2e', ''),
);

test('no family has more series than its cap, no label is longer than its cap, and the text is well-formed', async () => {
  await fc.assert(
    fc.asyncProperty(
      options,
      fc.array(hostileText, { minLength: 1, maxLength: 30 }),
      fc.nat(900),
      async (metricsOptions, texts, seed) => {
        const metrics = new Metrics({ appId: 'shop', namespace: 'default', logger: memoryLogger([]) });
        metrics.tableApplied(tableWith({ metrics: metricsOptions }));
        for (let index = 0; index < recordsPerRun; index += 1) {
          const text = `${index}${texts[index % texts.length] ?? ''}`;
          const status = (index * 7 + seed) % 1_100;
          const method = index % 3 === 0 ? 'GET' : text;
          const kind = (['endpoint', 'url', 'app'] as const)[index % 3] ?? 'url';
          const target = { kind, label: text };
          metrics.callStarted(target);
          metrics.callEnded(
            endedCall({ target, method, path: text, status, roundtripMs: index - 5, receivedBytes: NaN }),
          );
          metrics.requestServed(servedRequest({ target, method, path: `/${text}`, status, durationMs: Infinity }));
          metrics.appProbed({ status, durationMs: 1 });
        }
        const { body } = await metrics.render();
        for (const { name, type, samples } of parseExposition(body).values()) {
          const series = new Set(samples.map(({ labels: { le: _le, ...labels } }) => JSON.stringify(labels)));
          expect(series.size, name).toBeLessThanOrEqual(type === 'histogram' ? maxHistogramSeries : maxCounterSeries);
          for (const { labels } of samples) {
            for (const value of Object.values(labels)) expect(value.length, name).toBeLessThanOrEqual(longestLabel);
          }
        }
      },
    ),
    { numRuns: 5 },
  );
}, 60_000);

test('what callers send is held in a few megabytes, however much of it there is', () => {
  const metrics = new Metrics({ appId: 'shop', namespace: 'default', logger: memoryLogger([]) });
  const record = (from: number, to: number): void => {
    for (let index = from; index < to; index += 1) {
      const path = `/${index}${'x'.repeat(8_000)}`;
      const target = { kind: 'url', label: `https://${index}.${'y'.repeat(2_000)}` } as const;
      metrics.callStarted(target);
      metrics.callEnded(endedCall({ target, path, status: 100 + (index % 900) }));
      metrics.requestServed(servedRequest({ target, path, status: 100 + (index % 900) }));
    }
  };
  const before = heapInUse();
  record(0, 5_000); // 90 MB of text
  expect(heapInUse() - before).toBeLessThan(8_000_000);
  expect(metrics.isEnabled).toBe(true);
});

/** After a collection, so that only what is held counts. */
function heapInUse(): number {
  collectGarbage();
  return process.memoryUsage().heapUsed;
}

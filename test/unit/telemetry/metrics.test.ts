/** Dapr's metrics under Dapr's names, from the records of the request path; better where Dapr's are weak. */
import { describe, expect, test } from 'vitest';
import type { MetricsOptions } from '#shared/table/endpoint-table.ts';
import { Metrics } from '../../../proxy/telemetry/metrics.ts';
import { parseExposition, valueOf, type Family } from '../../support/exposition.ts';
import { memoryLogger, type LogLine } from '../../support/memory-logger.ts';
import { endedCall, github, servedRequest, tableWith } from '../../support/telemetry-records.ts';

function metricsWith(options: Partial<MetricsOptions> = {}): { metrics: Metrics; lines: LogLine[] } {
  const lines: LogLine[] = [];
  const metrics = new Metrics({ appId: 'shop', namespace: 'default', logger: memoryLogger(lines) });
  metrics.tableApplied(tableWith({ metrics: options }));
  return { metrics, lines };
}

async function familiesOf(metrics: Metrics): Promise<ReadonlyMap<string, Family>> {
  return parseExposition((await metrics.render()).body);
}

function labelsOf(families: ReadonlyMap<string, Family>, name: string, label: string): string[] {
  return families.get(name)?.samples.map(({ labels }) => labels[label] ?? '') ?? [];
}

/** Replaces what follows the first group of the pattern in the path label. */
function pathRule(metric: string, pattern: string): MetricsOptions['rules'][number] {
  return { metric, label: 'path', patterns: [{ pattern, replacement: '$1/{id}' }] };
}

describe('a request', () => {
  const labels = { method: 'GET', path: '/v1.0/invoke/github/method/orders/7', status: '200' };

  test("counts in Dapr's server metrics, with the bytes that passed and fractions of milliseconds", async () => {
    const { metrics } = metricsWith();
    metrics.requestServed(servedRequest());
    metrics.requestServed(servedRequest({ durationMs: 0.25 }));
    const families = await familiesOf(metrics);
    expect(valueOf(families, 'dapr_http_server_request_count', labels)).toBe(2);
    expect(valueOf(families, 'dapr_http_server_response_count', labels)).toBe(2);
    expect(valueOf(families, 'dapr_http_server_latency_sum', labels)).toBe(12.75);
    expect(valueOf(families, 'dapr_http_server_latency_bucket', { ...labels, le: '1' })).toBe(1);
    expect(valueOf(families, 'dapr_http_server_latency_bucket', { ...labels, le: '13' })).toBe(2);
    expect(valueOf(families, 'dapr_http_server_request_bytes_sum', {})).toBe(20);
    expect(valueOf(families, 'dapr_http_server_response_bytes_bucket', { le: '2048' })).toBe(2);
    expect(labelsOf(families, 'dapr_http_server_request_count', 'app_id')).toEqual(['shop']);
  });

  test('counts by target and outcome, the error code included', async () => {
    const { metrics } = metricsWith();
    metrics.requestServed(servedRequest());
    metrics.requestServed(servedRequest({ status: 404 }));
    metrics.requestServed(servedRequest({ status: 503 }));
    metrics.requestServed(servedRequest({ status: 503, errorCode: 'endpoint-refused' }));
    metrics.requestServed(servedRequest({ isAborted: true }));
    metrics.requestServed(servedRequest({ status: 0 }));
    metrics.requestServed(servedRequest({ status: 401, target: null, errorCode: 'token-invalid' }));
    metrics.requestServed(servedRequest({ path: '/v1.0/healthz', status: 204, target: null }));
    const counts = (await familiesOf(metrics))
      .get('dapr_httpendpoint_requests_total')
      ?.samples.map(({ labels: { kind, endpoint, outcome }, value }) => [kind, endpoint, outcome, value]);
    expect(counts).toEqual([
      ['endpoint', 'github', 'success', 1],
      ['endpoint', 'github', 'upstream-4xx', 1],
      ['endpoint', 'github', 'upstream-5xx', 1],
      ['endpoint', 'github', 'endpoint-refused', 1],
      ['endpoint', 'github', 'aborted', 1],
      ['endpoint', 'github', 'caller-left', 1],
      ['none', '', 'token-invalid', 1],
    ]);
  });

  test('that was refused before it had a target cannot use up path labels', async () => {
    const { metrics } = metricsWith();
    for (let index = 0; index < 1_000; index += 1) {
      metrics.requestServed(
        servedRequest({ path: `/guess/${index}`, status: 401, target: null, errorCode: 'token-invalid' }),
      );
    }
    metrics.requestServed(servedRequest());
    expect(labelsOf(await familiesOf(metrics), 'dapr_http_server_request_count', 'path')).toEqual([
      'other',
      labels.path,
    ]);
  });

  test('of a verb that Dapr does not know counts as UNKNOWN', async () => {
    const { metrics } = metricsWith();
    metrics.requestServed(servedRequest({ method: 'PROPFIND' }));
    expect(labelsOf(await familiesOf(metrics), 'dapr_http_server_request_count', 'method')).toEqual(['UNKNOWN']);
  });

  test('shows no user name or password of a URL target', async () => {
    const { metrics } = metricsWith();
    const path = 'http://ann:s3cret@host/method/x';
    metrics.requestServed(servedRequest({ path: `/v1.0/invoke/${path}` }));
    metrics.callEnded(endedCall({ path }));
    expect((await metrics.render()).body).not.toMatch(/ann|s3cret/);
  });
});

describe('a call', () => {
  const labels = { method: 'GET', path: 'orders/7', status: '200' };

  test("counts in Dapr's client and service invocation metrics", async () => {
    const { metrics } = metricsWith();
    metrics.callStarted(github);
    metrics.callEnded(endedCall());
    const families = await familiesOf(metrics);
    expect(valueOf(families, 'dapr_http_client_completed_count', labels)).toBe(1);
    expect(valueOf(families, 'dapr_http_client_roundtrip_latency_sum', labels)).toBe(11.5);
    expect(valueOf(families, 'dapr_http_client_sent_bytes_sum', { ...labels, status: '' })).toBe(10);
    expect(valueOf(families, 'dapr_http_client_received_bytes_sum', {})).toBe(2_000);
    const peer = { dst_app_id: 'github', type: 'unary' };
    expect(valueOf(families, 'dapr_runtime_service_invocation_req_sent_total', peer)).toBe(1);
    const source = { src_app_id: 'github', status: '200' };
    expect(valueOf(families, 'dapr_runtime_service_invocation_res_recv_total', { ...source, type: 'unary' })).toBe(1);
    expect(valueOf(families, 'dapr_runtime_service_invocation_res_recv_latency_ms_sum', source)).toBe(11.5);
  });

  test('that failed counts too, with status 500 as in Dapr', async () => {
    const { metrics } = metricsWith();
    metrics.callStarted(github);
    metrics.callEnded(endedCall({ status: 0, errorCode: 'upstream-connect', receivedBytes: 0 }));
    const families = await familiesOf(metrics);
    expect(valueOf(families, 'dapr_http_client_completed_count', { ...labels, status: '500' })).toBe(1);
    const failed = { src_app_id: 'github', status: '500', type: 'unary' };
    expect(valueOf(families, 'dapr_runtime_service_invocation_res_recv_total', failed)).toBe(1);
  });

  test('to the own application is no service invocation', async () => {
    const { metrics } = metricsWith();
    const target = { kind: 'app', label: 'shop' } as const;
    metrics.callStarted(target);
    metrics.callEnded(endedCall({ target }));
    const families = await familiesOf(metrics);
    expect(families.get('dapr_runtime_service_invocation_req_sent_total')?.samples).toEqual([]);
    expect(valueOf(families, 'dapr_http_client_completed_count', labels)).toBe(1);
  });

  test('URLs become other after a few origins, and never push out the name of an endpoint', async () => {
    const { metrics } = metricsWith();
    for (let index = 0; index < 2_000; index += 1) {
      metrics.callStarted({ kind: 'url', label: `https://host${index}.example` });
    }
    metrics.callStarted(github);
    const targets = labelsOf(await familiesOf(metrics), 'dapr_runtime_service_invocation_req_sent_total', 'dst_app_id');
    expect(targets).toHaveLength(52);
    expect(targets).toContain('https://host0.example');
    expect(targets).toContain('other');
    expect(targets).toContain('github');
  });
});

test('a health probe counts by status, a failed one as 500', async () => {
  const { metrics } = metricsWith();
  metrics.appProbed({ status: 200, durationMs: 2 });
  metrics.appProbed({ status: 0, durationMs: 500 });
  const families = await familiesOf(metrics);
  expect(valueOf(families, 'dapr_http_healthprobes_completed_count', { status: '200' })).toBe(1);
  expect(valueOf(families, 'dapr_http_healthprobes_completed_count', { status: '500' })).toBe(1);
  expect(valueOf(families, 'dapr_http_healthprobes_roundtrip_latency_sum', { status: '500' })).toBe(500);
});

describe("the Configuration's options", () => {
  test('increasedCardinality false: no path, no response count', async () => {
    const { metrics } = metricsWith({ increasedCardinality: false });
    metrics.requestServed(servedRequest());
    metrics.callEnded(endedCall());
    const families = await familiesOf(metrics);
    expect(families.has('dapr_http_server_response_count')).toBe(false);
    expect(labelsOf(families, 'dapr_http_server_request_count', 'path')).toEqual(['']);
    expect(labelsOf(families, 'dapr_http_client_completed_count', 'path')).toEqual(['']);
  });

  test('pathMatching: the pattern is the label, for names, URL targets and calls', async () => {
    const { metrics } = metricsWith({ increasedCardinality: false, pathMatching: ['/orders/{id}'] });
    metrics.requestServed(servedRequest());
    metrics.requestServed(servedRequest({ path: '/v1.0/invoke/https://h:8443/base/method/orders/8' }));
    metrics.requestServed(servedRequest({ path: '/v1.0/invoke/https%3A%2F%2Fh%2Fbase/method/orders/9' }));
    metrics.requestServed(servedRequest({ path: '/orders/10' }));
    metrics.requestServed(servedRequest({ path: '/users/1' }));
    metrics.requestServed(servedRequest({ path: '/healthz' }));
    metrics.callEnded(endedCall());
    const families = await familiesOf(metrics);
    const counts = families
      .get('dapr_http_server_request_count')
      ?.samples.map(({ labels: { path }, value }) => [path, value]);
    expect(counts).toEqual([
      ['/v1.0/invoke/{app_id}/method/orders/{id}', 3],
      ['/orders/{id}', 1],
      ['', 1],
      ['/healthz', 1],
    ]);
    expect(labelsOf(families, 'dapr_http_client_completed_count', 'path')).toEqual(['/orders/{id}']);
  });

  test('pathMatching with increasedCardinality: what does not match keeps its path', async () => {
    const { metrics } = metricsWith({ pathMatching: ['/orders/{id}'] });
    metrics.requestServed(servedRequest({ path: '//users//1' }));
    expect(labelsOf(await familiesOf(metrics), 'dapr_http_server_request_count', 'path')).toEqual(['/users/1']);
  });

  test('excludeVerbs: the method is empty', async () => {
    const { metrics } = metricsWith({ excludeVerbs: true });
    metrics.requestServed(servedRequest());
    expect(labelsOf(await familiesOf(metrics), 'dapr_http_server_request_count', 'method')).toEqual(['']);
  });

  test('latency buckets replace the default ones; those that make no sense are skipped', async () => {
    const { metrics, lines } = metricsWith({ latencyBucketsMs: [50, 10, 10, -1, 200] });
    metrics.requestServed(servedRequest());
    const bounds = labelsOf(await familiesOf(metrics), 'dapr_http_server_latency', 'le').filter(
      (bound) => bound !== '',
    );
    expect(bounds).toEqual(['10', '50', '200', '+Inf']);
    expect(lines).toHaveLength(1);
  });

  test('rules rewrite the labels of their metric alone, before the caps', async () => {
    const { metrics, lines } = metricsWith({
      rules: [
        pathRule('dapr_http_server_request_count', '(/orders)/\\d+'),
        pathRule('http/server/latency', '(orders)'),
      ],
    });
    for (let index = 0; index < 2_000; index += 1) metrics.requestServed(servedRequest({ path: `/orders/${index}` }));
    const families = await familiesOf(metrics);
    expect(
      valueOf(families, 'dapr_http_server_request_count', { method: 'GET', path: '/orders/{id}', status: '200' }),
    ).toBe(2_000);
    expect(labelsOf(families, 'dapr_http_server_response_count', 'path')).toHaveLength(501);
    expect(labelsOf(families, 'dapr_http_server_latency', 'path')[0]).toBe('/orders/{id}/0');
    expect(lines).toEqual([]);
  });

  test('a rule that does not compile is one warning, and the others work', async () => {
    const { metrics, lines } = metricsWith({
      rules: [
        {
          metric: 'dapr_http_server_request_count',
          label: 'path',
          patterns: [
            { pattern: '(', replacement: 'x' },
            { pattern: '^/v1.0/.*', replacement: 'invoke' },
          ],
        },
      ],
    });
    metrics.requestServed(servedRequest());
    expect(lines.map(({ level, message }) => [level, message])).toEqual([
      ['warn', 'a metric rule is skipped: its regular expression cannot be used'],
    ]);
    expect(labelsOf(await familiesOf(metrics), 'dapr_http_server_request_count', 'path')).toEqual(['invoke']);
  });

  test("recordErrorCodes: only the proxy's own errors count, not an upstream's answers", async () => {
    const { metrics } = metricsWith({ recordErrorCodes: true });
    metrics.requestServed(servedRequest({ status: 404 }));
    metrics.requestServed(servedRequest({ status: 502, errorCode: 'upstream-connect' }));
    const labels = { error_code: 'ERR_DIRECT_INVOKE', category: 'service-invocation' };
    expect(valueOf(await familiesOf(metrics), 'dapr_error_code_total', labels)).toBe(1);
    expect((await familiesOf(metricsWith().metrics)).has('dapr_error_code_total')).toBe(false);
  });

  test('enabled false: nothing is recorded and nothing is shown, until it is true again', async () => {
    const { metrics } = metricsWith({ enabled: false });
    metrics.requestServed(servedRequest());
    metrics.callStarted(github);
    metrics.callEnded(endedCall());
    metrics.appProbed({ status: 200, durationMs: 1 });
    expect(metrics.isEnabled).toBe(false);
    expect((await metrics.render()).body).toBe('');
    metrics.tableApplied(tableWith());
    metrics.requestServed(servedRequest());
    expect(labelsOf(await familiesOf(metrics), 'dapr_http_server_request_count', 'path')).toHaveLength(1);
  });

  test('counting goes on over a table with equal options, and begins again with one line when they differ', async () => {
    const { metrics, lines } = metricsWith();
    metrics.requestServed(servedRequest());
    metrics.tableApplied(tableWith({ revision: 'r2' }));
    expect(lines).toEqual([]);
    expect(labelsOf(await familiesOf(metrics), 'dapr_http_server_request_count', 'method')).toEqual(['GET']);
    metrics.tableApplied(tableWith({ revision: 'r3', metrics: { excludeVerbs: true } }));
    expect(labelsOf(await familiesOf(metrics), 'dapr_http_server_request_count', 'method')).toEqual([]);
    expect(lines).toEqual([
      {
        level: 'info',
        message: 'metrics options changed, counting begins again',
        fields: { revision: 'r3', enabled: true },
      },
    ]);
  });
});

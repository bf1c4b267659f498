/**
 * The families that the request path adds to: names, labels, buckets and caps in one place (docs/metrics.md). The caps
 * hold all of it within a few megabytes, whatever callers send.
 */
import type { Logger } from '#shared/logger/logger.ts';
import type { MetricsOptions } from '#shared/table/endpoint-table.ts';
import { CounterFamily } from './counter-family.ts';
import { latencyBoundsMs, sizeBoundsBytes } from './histogram-bounds.ts';
import { HistogramFamily } from './histogram-family.ts';
import type { LabelRewrite, SeriesSetOptions } from './series-set.ts';

export interface RequestFamiliesOptions {
  readonly appId: string;
  readonly options: MetricsOptions;
  readonly logger: Logger;
  readonly rewrite: LabelRewrite;
}

export interface RequestFamilies {
  readonly requests: CounterFamily;
  /** Only with increased cardinality. */
  readonly responses: CounterFamily | null;
  readonly latency: HistogramFamily;
  readonly requestBytes: HistogramFamily;
  readonly responseBytes: HistogramFamily;
  readonly completed: CounterFamily;
  readonly roundtrip: HistogramFamily;
  readonly sentBytes: HistogramFamily;
  readonly receivedBytes: HistogramFamily;
  readonly probes: CounterFamily;
  readonly probeLatency: HistogramFamily;
  readonly sent: CounterFamily;
  readonly received: CounterFamily;
  readonly receivedLatency: HistogramFamily;
  /** Only with `recordErrorCodes`. */
  readonly errorCodes: CounterFamily | null;
  readonly outcomes: CounterFamily;
}

/** Series in one family. A histogram's are dearer: forty lines each. */
const maxCounterSeries = 1_000;
const maxHistogramSeries = 300;

export const maxPaths = 500;

const counterCaps = new Map([
  ['path', maxPaths],
  ['dst_app_id', 500],
  ['src_app_id', 500],
  ['endpoint', 500],
  ['status', 60],
]);
const histogramCaps = new Map([
  ['path', 200],
  ['src_app_id', 200],
  ['status', 60],
]);
const coarseLabels: ReadonlySet<string> = new Set(['path', 'dst_app_id', 'src_app_id', 'endpoint']);

/** Makes the families, empty. */
export function requestFamilies({ appId, options, logger, rewrite }: RequestFamiliesOptions): RequestFamilies {
  const latencyBounds = latencyBoundsMs(options.latencyBucketsMs, logger);
  const request = ['method', 'path', 'status'];

  return {
    requests: counter('dapr_http_server_request_count', 'Requests that the HTTP API has answered.', request),
    responses: options.increasedCardinality
      ? counter('dapr_http_server_response_count', 'Responses of the HTTP API.', request)
      : null,
    latency: latency(
      'dapr_http_server_latency',
      'Milliseconds from a request to the last byte of its answer.',
      request,
    ),
    requestBytes: size('dapr_http_server_request_bytes', 'Bytes of request bodies, as received.', []),
    responseBytes: size('dapr_http_server_response_bytes', 'Bytes of response bodies, as sent.', []),

    completed: counter(
      'dapr_http_client_completed_count',
      'Calls to upstreams that have ended, failed ones too.',
      request,
    ),
    roundtrip: latency(
      'dapr_http_client_roundtrip_latency',
      'Milliseconds from the start of a call to the head of its response, or its failure.',
      request,
    ),
    sentBytes: size('dapr_http_client_sent_bytes', 'Bytes of request bodies sent to upstreams.', request),
    receivedBytes: size('dapr_http_client_received_bytes', 'Bytes of response bodies received from upstreams.', []),
    probes: counter('dapr_http_healthprobes_completed_count', 'Health probes of the application.', ['status']),
    probeLatency: latency('dapr_http_healthprobes_roundtrip_latency', 'Milliseconds that health probes took.', [
      'status',
    ]),

    sent: counter('dapr_runtime_service_invocation_req_sent_total', 'Invocations sent, each attempt.', [
      'dst_app_id',
      'type',
    ]),
    received: counter('dapr_runtime_service_invocation_res_recv_total', 'Invocations ended, failed ones too.', [
      'src_app_id',
      'status',
      'type',
    ]),
    receivedLatency: latency(
      'dapr_runtime_service_invocation_res_recv_latency_ms',
      'Milliseconds from an invocation to the head of its response, or its failure.',
      ['src_app_id', 'status'],
    ),
    errorCodes: options.recordErrorCodes
      ? counter('dapr_error_code_total', 'Errors that the proxy itself answered with.', ['error_code', 'category'])
      : null,
    outcomes: counter('dapr_httpendpoint_requests_total', 'Requests by target and by what became of them.', [
      'kind',
      'endpoint',
      'outcome',
    ]),
  };

  function counter(name: string, help: string, labelNames: readonly string[]): CounterFamily {
    return new CounterFamily({
      ...common(name, labelNames),
      help,
      maxSeries: maxCounterSeries,
      maxValuesByLabel: counterCaps,
    });
  }

  function latency(name: string, help: string, labelNames: readonly string[]): HistogramFamily {
    return histogram({ ...common(name, labelNames), help, bounds: latencyBounds });
  }

  function size(name: string, help: string, labelNames: readonly string[]): HistogramFamily {
    return histogram({ ...common(name, labelNames), help, bounds: sizeBoundsBytes });
  }

  function common(name: string, labelNames: readonly string[]): CommonOptions {
    return { name, labelNames, rewrite, coarseLabels, constantLabels: { app_id: rewrite(name, 'app_id', appId) } };
  }
}

type CommonOptions = Omit<SeriesSetOptions, 'maxSeries' | 'maxValuesByLabel'>;

function histogram(
  options: CommonOptions & { readonly help: string; readonly bounds: readonly number[] },
): HistogramFamily {
  return new HistogramFamily({ ...options, maxSeries: maxHistogramSeries, maxValuesByLabel: histogramCaps });
}

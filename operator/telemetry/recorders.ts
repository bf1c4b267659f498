/** Counts what the parts of the operator tell about themselves. Every label comes from a closed set. */
import type { ListWatchMetrics } from '../kube/list-watch-metrics.ts';
import type { PushMetrics } from '../push/push-metrics.ts';
import type { RepairMetrics } from '../repair/repair-metrics.ts';
import type { ServiceMetrics } from '../services/service-metrics.ts';
import type { StatusMetrics } from '../status/status-metrics.ts';
import type { TableMetrics } from '../tables/table-metrics.ts';
import type { MetricFamilies, Sample } from './metric-families.ts';

const compileBucketsSeconds = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5];

/** Of the watches of the API server. */
export function watchRecorder(families: MetricFamilies): ListWatchMetrics {
  const ended = families.counter('watch_restarts_total', 'Watches that were over, by reason.', ['kind', 'reason']);
  const unparsable = families.counter('unparsable_lines_total', 'Lines of a watch that could not be read.', ['kind']);
  const listed = families.counter('lists_total', 'Complete lists, by reason.', ['kind', 'reason']);
  const failed = families.counter('list_failures_total', 'Lists that failed.', ['kind']);
  return {
    watchEnded: (kind, reason) => {
      ended({ kind, reason });
      if (reason === 'unparsable' || reason === 'overlong') unparsable({ kind });
    },
    listed: (kind, reason) => listed({ kind, reason }),
    listFailed: (kind) => failed({ kind }),
  };
}

/** Of the push server. */
export function pushRecorder(families: MetricFamilies): PushMetrics {
  let streams = 0;
  families.gauge({
    name: 'streams',
    help: 'Open streams of proxies.',
    labelNames: [],
    sample: () => [{ labels: {}, value: streams }],
  });
  const opened = families.counter('streams_opened_total', 'Streams that were opened.', []);
  const ended = families.counter('streams_ended_total', 'Streams that ended, by reason.', ['reason']);
  const bytes = families.counter('sent_bytes_total', 'Bytes that were written to streams.', []);
  const tables = families.counter('tables_sent_total', 'Tables that were written to a stream.', []);
  const changes = families.counter('changes_sent_total', 'Endpoints in them that came, changed or went.', []);
  const acknowledged = families.counter('acknowledgements_total', 'Answers of proxies to a table.', ['outcome']);
  const requests = families.counter('requests_refused_total', 'Requests that were answered with an error.', ['code']);
  const connections = families.counter(
    'connections_refused_total',
    'Connections that were closed before anybody authenticated on them.',
    ['reason'],
  );
  return {
    streamOpened: () => {
      streams += 1;
      opened({});
    },
    streamEnded: (reason) => {
      streams -= 1;
      ended({ reason });
    },
    bytesSent: (count) => bytes({}, count),
    tableSent: (count) => {
      tables({});
      changes({}, count);
    },
    acknowledged: (outcome) => acknowledged({ outcome }),
    requestRefused: (code) => requests({ code }),
    connectionRefused: (reason) => connections({ reason }),
  };
}

/** Of the tables. */
export function tableRecorder(families: MetricFamilies): TableMetrics {
  const compiled = families.histogram(
    'compile_duration_seconds',
    'Time to compile what changed, of each round.',
    compileBucketsSeconds,
  );
  const looked = families.counter('endpoints_compiled_total', 'Endpoints that were looked at.', []);
  const changed = families.counter('entries_changed_total', 'Of these, the ones whose entry became another.', []);
  return {
    roundFinished: ({ compileMs, endpoints, changed: count }) => {
      compiled(compileMs / 1_000);
      looked({}, endpoints);
      changed({}, count);
    },
  };
}

/** Of the writing of status. */
export function statusRecorder(families: MetricFamilies): StatusMetrics {
  const waitingByKind = new Map<string, number>();
  const supportedByKind = new Map<string, number>();
  families.gauge({
    name: 'status_waiting',
    help: 'Objects whose status waits to be written.',
    labelNames: ['kind'],
    sample: () => samplesByKind(waitingByKind),
  });
  families.gauge({
    name: 'status_supported',
    help: '0: the kind, as it is installed, has no status; there are Events only. Only the leader knows.',
    labelNames: ['kind'],
    sample: () => samplesByKind(supportedByKind),
  });
  const statuses = families.counter('status_writes_total', 'Writes of a status.', ['outcome']);
  const events = families.counter('events_total', 'Events.', ['outcome']);
  return {
    statusWritten: (outcome) => statuses({ outcome }),
    eventWritten: (outcome) => events({ outcome }),
    waiting: (kind, objects) => void waitingByKind.set(kind, objects),
    statusSupported: (kind, isSupported) => void supportedByKind.set(kind, isSupported ? 1 : 0),
  };
}

function samplesByKind(valuesByKind: ReadonlyMap<string, number>): Sample[] {
  return [...valuesByKind].map(([kind, value]) => ({ labels: { kind }, value }));
}

/** Of the Services of apps. */
export function serviceRecorder(families: MetricFamilies): ServiceMetrics {
  let counts = { own: 0, foreign: 0 };
  families.gauge({
    name: 'services',
    help: 'Services of apps: own ones, and foreign ones that are in the way. Only the leader knows.',
    labelNames: ['owner'],
    sample: () => [
      { labels: { owner: 'own' }, value: counts.own },
      { labels: { owner: 'foreign' }, value: counts.foreign },
    ],
  });
  const writes = families.counter('service_writes_total', 'Writes of a Service of an app.', ['outcome']);
  return {
    serviceWritten: (outcome) => writes({ outcome }),
    services: (now) => {
      counts = now;
    },
  };
}

/** Of Pods that are to have a proxy and have none. */
export function repairRecorder(families: MetricFamilies): RepairMetrics {
  let pods = 0;
  families.gauge({
    name: 'pods_without_proxy',
    help: 'Pods that ask for a proxy and have none, as of the last look. Only the leader looks.',
    labelNames: [],
    sample: () => [{ labels: {}, value: pods }],
  });
  const evictions = families.counter('evictions_total', 'Evictions of such Pods.', ['outcome']);
  return {
    podsWithoutProxy: (count) => {
      pods = count;
    },
    eviction: (outcome) => evictions({ outcome }),
  };
}

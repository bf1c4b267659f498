/** The operator's metrics, for Prometheus. All names are in docs/operator-metrics.md; every label set is bounded. */
import type { AdmissionMetrics } from '../admission/admission-metrics.ts';
import type { ListWatchMetrics } from '../kube/list-watch-metrics.ts';
import type { PushMetrics } from '../push/push-metrics.ts';
import type { RepairMetrics } from '../repair/repair-metrics.ts';
import type { ServiceMetrics } from '../services/service-metrics.ts';
import type { StatusMetrics } from '../status/status-metrics.ts';
import type { TableMetrics } from '../tables/table-metrics.ts';
import { admissionRecorder } from './admission-recorder.ts';
import { MetricFamilies, type Sample } from './metric-families.ts';
import {
  pushRecorder,
  repairRecorder,
  serviceRecorder,
  statusRecorder,
  tableRecorder,
  watchRecorder,
} from './recorders.ts';
import type { RenderedMetrics } from './telemetry-listener.ts';

/** What is read at each scrape. */
export interface SampledState {
  readonly isReady: () => boolean;
  readonly isLeader: () => boolean;
  /** How many objects of each kind are held; the kinds are a closed set. */
  readonly objectCounts: () => Iterable<readonly [kind: string, count: number]>;
  /** How long a change has been waiting to get into the tables; `null`: there are none yet. */
  readonly tableAgeMs: () => number | null;
  /** Since the API server was last heard on the watch that has been silent longest; `null`: never on one of them. */
  readonly watchSilenceMs: () => number | null;
  /** Of the audiences with a connected proxy. */
  readonly tableRevisions: () => Iterable<TableRevision>;
  readonly problemCounts: () => Iterable<ProblemCount>;
  /** When each certificate ends, milliseconds since 1970; the names are a closed set. */
  readonly certificateEnds: () => Iterable<readonly [certificate: string, epochMs: number]>;
}

/** How many objects of a kind have a problem. */
export interface ProblemCount {
  readonly kind: string;
  readonly reason: string;
  readonly count: number;
}

export interface TableRevision {
  readonly namespace: string;
  readonly appId: string;
  readonly configuration: string;
  readonly revision: string;
}

/** More audiences than these are not shown one by one. */
const maxAudiences = 500;
/** compile has fewer reasons; a bound all the same. */
const maxReasons = 100;

export interface OperatorMetricsOptions {
  readonly version: string;
  readonly now: Date;
}

export class OperatorMetrics {
  readonly watches: ListWatchMetrics;
  readonly push: PushMetrics;
  readonly tables: TableMetrics;
  readonly status: StatusMetrics;
  readonly services: ServiceMetrics;
  readonly repair: RepairMetrics;
  readonly admission: AdmissionMetrics;
  readonly #families = new MetricFamilies();

  constructor({ version, now }: OperatorMetricsOptions) {
    this.#families.gauge({
      name: 'build_info',
      help: 'The version that runs.',
      labelNames: ['version'],
      sample: () => [{ labels: { version }, value: 1 }],
    });
    this.watches = watchRecorder(this.#families);
    this.push = pushRecorder(this.#families);
    this.tables = tableRecorder(this.#families);
    this.status = statusRecorder(this.#families);
    this.services = serviceRecorder(this.#families);
    this.repair = repairRecorder(this.#families);
    this.admission = admissionRecorder(this.#families);
    this.#families.addProcessMetrics(now);
  }

  /** Shows this state from now on. Call it once. */
  sample(state: SampledState): void {
    const families = this.#families;
    families.gauge({
      name: 'ready',
      help: 'Whether proxies can be served.',
      labelNames: [],
      sample: () => one(state.isReady() ? 1 : 0),
    });
    families.gauge({
      name: 'leader',
      help: 'Whether this replica writes status, certificates and trust bundles.',
      labelNames: [],
      sample: () => one(state.isLeader() ? 1 : 0),
    });
    families.gauge({
      name: 'objects',
      help: 'Objects that are held, by kind.',
      labelNames: ['kind'],
      sample: () => labelled('kind', state.objectCounts()),
    });
    families.gauge({
      name: 'table_age_seconds',
      help: 'Time that the oldest change has been waiting to get into the tables; 0: none waits.',
      labelNames: [],
      sample: () => secondsOf(state.tableAgeMs()),
    });
    families.gauge({
      name: 'watch_silence_seconds',
      help: 'Time since the API server was last heard on the watch that has been silent longest.',
      labelNames: [],
      sample: () => secondsOf(state.watchSilenceMs()),
    });
    families.gauge({
      name: 'table_info',
      help: `The newest table of each connected audience, at most ${maxAudiences} of them.`,
      labelNames: ['namespace', 'app_id', 'configuration', 'revision'],
      sample: () => tableSamples(state.tableRevisions()),
    });
    families.gauge({
      name: 'problems',
      help: 'Objects with a problem, by its reason.',
      labelNames: ['kind', 'reason'],
      sample: () =>
        [...state.problemCounts()]
          .slice(0, maxReasons)
          .map(({ kind, reason, count }) => ({ labels: { kind, reason }, value: count })),
    });
    families.gauge({
      name: 'certificate_expiry_timestamp_seconds',
      help: 'When a certificate ends.',
      labelNames: ['certificate'],
      sample: () =>
        labelled('certificate', state.certificateEnds()).map(({ labels, value }) => ({
          labels,
          value: value / 1_000,
        })),
    });
  }

  render(): Promise<RenderedMetrics> {
    return this.#families.render();
  }
}

function one(value: number): Sample[] {
  return [{ labels: {}, value }];
}

function secondsOf(ms: number | null): Sample[] {
  return ms === null ? [] : one(ms / 1_000);
}

function labelled(label: string, counts: Iterable<readonly [string, number]>): Sample[] {
  return [...counts].map(([text, value]) => ({ labels: { [label]: text }, value }));
}

function tableSamples(revisions: Iterable<TableRevision>): Sample[] {
  const samples: Sample[] = [];
  for (const { namespace, appId, configuration, revision } of revisions) {
    if (samples.length >= maxAudiences) break;
    samples.push({ labels: { namespace, app_id: appId, configuration, revision }, value: 1 });
  }
  return samples;
}

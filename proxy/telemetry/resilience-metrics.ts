/**
 * What Resiliency policies do, as Dapr counts it (spec/resiliency.md §9), and how often a retry was made or forgone, which
 * is ours. `name` and `namespace` are of the Resiliency that defines the policy. The gauge of breakers is read from the
 * breakers at a scrape, so it never lags behind.
 */
import type { CollectedMetric } from 'prom-client/lib/registry.js';
import { noResilience, type PolicyOrigin, type Resilience } from '#shared/table/resilience.ts';
import { CappedValues, otherLabel } from './capped-values.ts';
import { CounterFamily, type CounterCell } from './counter-family.ts';
import { gaugeFamily, type GaugeSample } from './gauge-family.ts';
import { cutLabel, type LabelRewrite } from './series-set.ts';
import type { CallTarget, LiveBreaker, PolicyUse, RetryForgoneReason } from './telemetry.ts';

export interface ResilienceMetricsOptions {
  readonly appId: string;
  readonly namespace: string;
  readonly rewrite: LabelRewrite;
}

const maxSeries = 1_000;
const maxUrls = 50;
const maxTargets = 500;
/** Resources and breakers shown at a scrape. */
const maxListed = 500;
const states = ['closed', 'half-open', 'open', 'unknown'] as const;
type ShownState = (typeof states)[number];

export class ResilienceMetrics {
  readonly #options: ResilienceMetricsOptions;
  readonly #picked: CounterFamily;
  readonly #activated: CounterFamily;
  readonly #retried: CounterFamily;
  readonly #forgone: CounterFamily;
  /** Calls to one target report the same objects: label work is done once for each. */
  readonly #pickedCells = new WeakMap<PolicyUse, CounterCell>();
  readonly #urls = new CappedValues(maxUrls);
  #resilience: Resilience = noResilience;
  #breakers: () => Iterable<LiveBreaker> = () => [];

  constructor(options: ResilienceMetricsOptions) {
    this.#options = options;
    const policyLabels = ['name', 'namespace', 'policy', 'flow_direction', 'target', 'status'];
    this.#picked = this.#counter(
      'dapr_resiliency_count',
      'Calls that a policy held for, by the part of it; breakers with their state then.',
      policyLabels,
    );
    this.#activated = this.#counter(
      'dapr_resiliency_activations_total',
      'Calls in which a timeout fired or a retry was made, and state changes of breakers.',
      policyLabels,
    );
    this.#retried = this.#counter('dapr_resiliency_retries_total', 'Tries after the first one.', ['target']);
    this.#forgone = this.#counter(
      'dapr_resiliency_retries_forgone_total',
      'Retries that a policy asks for and that were not made, by reason.',
      ['target', 'reason'],
    );
  }

  tableApplied(resilience: Resilience): void {
    this.#resilience = resilience;
  }

  showBreakers(list: () => Iterable<LiveBreaker>): void {
    this.#breakers = list;
  }

  policyPicked(use: PolicyUse): void {
    let cell = this.#pickedCells.get(use);
    if (cell === undefined) {
      cell = this.#policyCell(this.#picked, use);
      this.#pickedCells.set(use, cell);
    }
    cell.value += 1;
  }

  policyActivated(use: PolicyUse): void {
    this.#policyCell(this.#activated, use).value += 1;
  }

  retried(target: CallTarget): void {
    this.#cell(this.#retried, target, []).value += 1;
  }

  retryForgone(target: CallTarget, reason: RetryForgoneReason): void {
    this.#cell(this.#forgone, target, [reason]).value += 1;
  }

  get metrics(): readonly CollectedMetric[] {
    return [
      gaugeFamily({
        name: 'dapr_resiliency_loaded',
        help: 'One per Resiliency in force for this application.',
        sample: () => this.#loaded(),
      }),
      this.#picked,
      this.#activated,
      gaugeFamily({
        name: 'dapr_resiliency_cb_state',
        help: 'State of each circuit breaker: the series of its status is 1. Unknown: several breakers share the series.',
        sample: () => this.#breakerStates(),
      }),
      this.#retried,
      this.#forgone,
    ];
  }

  #policyCell(family: CounterFamily, { target, part, policy, status }: PolicyUse): CounterCell {
    const namespace = this.#namespaceOf(policy);
    return family.cell([policy.resource, namespace, part, 'outbound', this.#targetLabel(target), status]);
  }

  #cell(family: CounterFamily, target: CallTarget, more: readonly string[]): CounterCell {
    return family.cell([this.#targetLabel(target), ...more]);
  }

  #loaded(): readonly GaugeSample[] {
    const { appId } = this.#options;
    return this.#resilience.resources
      .slice(0, maxListed)
      .map(({ name, namespace }) => ({ labels: { app_id: appId, name, namespace }, value: 1 }));
  }

  *#breakerStates(): Generator<GaugeSample> {
    const shown = new Map<string, { readonly labels: GaugeSample['labels']; readonly state: ShownState }>();
    for (const { target, policy, state } of this.#breakers()) {
      const labels = {
        app_id: this.#options.appId,
        name: policy.resource,
        policy: 'circuitbreaker',
        namespace: this.#namespaceOf(policy),
        flow_direction: 'outbound',
        target: cutLabel(this.#targetLabel(target)),
      };
      const key = `${labels.name} ${labels.namespace} ${labels.target}`;
      if (shown.size >= maxListed && !shown.has(key)) continue;
      shown.set(key, { labels, state: shown.has(key) ? 'unknown' : state });
    }
    for (const { labels, state } of shown.values()) {
      for (const status of states) yield { labels: { ...labels, status }, value: status === state ? 1 : 0 };
    }
  }

  /** Built-in policies are of no resource, and so of no namespace. */
  #namespaceOf({ resource }: PolicyOrigin): string {
    if (resource === '') return '';
    const found = this.#resilience.resources.find(({ name }) => name === resource);
    return found?.namespace ?? this.#options.namespace;
  }

  /** Dapr's form. URLs have a cap of their own, so that callers cannot push the names of endpoints out. */
  #targetLabel({ kind, label }: CallTarget): string {
    const admitted = kind === 'url' ? this.#urls.admit(cutLabel(label)) : label;
    return admitted === otherLabel ? otherLabel : `app_${admitted}`;
  }

  #counter(name: string, help: string, labelNames: readonly string[]): CounterFamily {
    const { appId, rewrite } = this.#options;
    return new CounterFamily({
      name,
      help,
      labelNames,
      constantLabels: { app_id: rewrite(name, 'app_id', appId) },
      maxSeries,
      maxValuesByLabel: new Map([['target', maxTargets]]),
      coarseLabels: new Set(['target']),
      rewrite,
    });
  }
}

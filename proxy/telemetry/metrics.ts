/**
 * The proxy's metrics, for Prometheus. Import it dynamically: a proxy whose metrics are off does not load it, nor
 * prom-client. All names are in docs/metrics.md.
 */
import Registry, { type CollectedMetric } from 'prom-client/lib/registry.js';
import type { Logger } from '#shared/logger/logger.ts';
import { defaultConfiguration } from '#shared/resources/configuration.ts';
import type { EndpointTable, MetricsOptions } from '#shared/table/endpoint-table.ts';
import { processMetrics } from '#shared/telemetry/process-metrics.ts';
import { EndpointMetrics } from './endpoint-metrics.ts';
import { familyText } from './family-text.ts';
import { linkMetrics, type LinkView } from './link-metrics.ts';
import { gaugeFamily } from './gauge-family.ts';
import { compileMetricRules } from './metric-rules.ts';
import { middlewareMetrics, type ListMiddleware } from './middleware-metrics.ts';
import { nextTurn } from './next-turn.ts';
import { RequestMetrics } from './request-metrics.ts';
import { ResilienceMetrics } from './resilience-metrics.ts';
import type {
  CallTarget,
  EndedCall,
  EndedProbe,
  LiveBreaker,
  PolicyUse,
  RetryForgoneReason,
  ServedRequest,
  Telemetry,
} from './telemetry.ts';

export interface MetricsSettings {
  readonly appId: string;
  readonly namespace: string;
  readonly logger: Logger;
  /** The calendar's time, for timestamps. */
  readonly now?: () => Date;
}

export interface RenderedMetrics {
  readonly contentType: string;
  readonly body: string;
}

export class Metrics implements Telemetry {
  readonly #settings: MetricsSettings;
  readonly #endpoints: EndpointMetrics;
  readonly #process: readonly CollectedMetric[];
  #link: readonly CollectedMetric[] = [];
  #middleware: readonly CollectedMetric[] = [];
  #options: MetricsOptions = defaultConfiguration.metrics;
  #requests: RequestMetrics | null = null;
  #resilience: ResilienceMetrics | null = null;
  #breakers: () => Iterable<LiveBreaker> = () => [];
  #registry: Registry;
  #hasTable = false;

  constructor(settings: MetricsSettings) {
    this.#settings = settings;
    const now = settings.now ?? (() => new Date());
    this.#endpoints = new EndpointMetrics({ ...settings, now });
    this.#process = processMetrics(now()).map(({ read, ...family }) =>
      gaugeFamily({
        ...family,
        sample: () => [read()].flatMap((value) => (value === null ? [] : [{ labels: {}, value }])),
      }),
    );
    this.#beginCounting();
    this.#registry = this.#newRegistry();
  }

  /** False while the Configuration says `metrics.enabled: false`: nothing is recorded, nothing shown. */
  get isEnabled(): boolean {
    return this.#options.enabled;
  }

  callStarted(target: CallTarget): void {
    this.#requests?.callStarted(target);
  }

  callEnded(call: EndedCall): void {
    this.#requests?.callEnded(call);
  }

  requestServed(request: ServedRequest): void {
    this.#requests?.requestServed(request);
  }

  appProbed(probe: EndedProbe): void {
    this.#requests?.appProbed(probe);
  }

  policyPicked(use: PolicyUse): void {
    this.#resilience?.policyPicked(use);
  }

  policyActivated(use: PolicyUse): void {
    this.#resilience?.policyActivated(use);
  }

  retried(target: CallTarget): void {
    this.#resilience?.retried(target);
  }

  retryForgone(target: CallTarget, reason: RetryForgoneReason): void {
    this.#resilience?.retryForgone(target, reason);
  }

  /** Takes over the table's metrics options. Only when they differ do the request metrics begin again from zero. */
  tableApplied(table: EndpointTable): void {
    this.#endpoints.tableApplied(table);
    this.#resilience?.tableApplied(table.resilience);
    const isFirst = !this.#hasTable;
    this.#hasTable = true;
    if (JSON.stringify(table.metrics) === JSON.stringify(this.#options)) return;
    this.#options = table.metrics;
    this.#beginCounting();
    this.#resilience?.tableApplied(table.resilience);
    this.#registry = this.#newRegistry();
    if (!isFirst) {
      const { revision } = table;
      this.#settings.logger.info('metrics options changed, counting begins again', {
        revision,
        enabled: this.isEnabled,
      });
    }
  }

  /** Adds what a proxy in a cluster knows of its control plane. */
  showLink(link: LinkView): void {
    this.#link = linkMetrics(link, this.#settings);
    this.#registry = this.#newRegistry();
  }

  /** The breakers there are, asked at each scrape. */
  showBreakers(list: () => Iterable<LiveBreaker>): void {
    this.#breakers = list;
    this.#resilience?.showBreakers(list);
  }

  /** Adds the middleware of the pipelines. */
  showMiddleware(list: ListMiddleware): void {
    this.#middleware = middlewareMetrics(list, this.#settings);
    this.#registry = this.#newRegistry();
  }

  /** The text of every metric; empty while metrics are off. */
  async render(): Promise<RenderedMetrics> {
    let body = '';
    for await (const chunk of this.chunks()) body += chunk;
    return { contentType: this.contentType, body };
  }

  get contentType(): string {
    return this.#registry.contentType;
  }

  /** The same text in pieces: requests are served in between, and no reader needs all of it in memory. */
  async *chunks(): AsyncGenerator<string> {
    if (!this.isEnabled) return;
    const registry = this.#registry;
    await this.#endpoints.readCertificates();
    for (const metric of registry.getMetricsAsArray()) {
      yield* familyText(await metric.get(), registry);
      await nextTurn();
    }
  }

  #beginCounting(): void {
    this.#requests = null;
    this.#resilience = null;
    if (!this.#options.enabled) return;
    const { appId, namespace, logger } = this.#settings;
    const rewrite = compileMetricRules(this.#options.rules, logger);
    this.#requests = new RequestMetrics({ appId, logger, options: this.#options, rewrite });
    this.#resilience = new ResilienceMetrics({ appId, namespace, rewrite });
    this.#resilience.showBreakers(this.#breakers);
  }

  #newRegistry(): Registry {
    const registry = new Registry();
    const metrics = [
      ...(this.#requests?.metrics ?? []),
      ...(this.#resilience?.metrics ?? []),
      ...this.#endpoints.metrics,
      ...this.#middleware,
      ...this.#link,
      ...this.#process,
    ];
    for (const metric of metrics) registry.registerMetric(metric);
    return registry;
  }
}

/** Makes metric families in one registry, each in one call. Names get the prefix that all of the operator's have. */
import Counter from 'prom-client/lib/counter.js';
import Gauge from 'prom-client/lib/gauge.js';
import Histogram from 'prom-client/lib/histogram.js';
import Registry from 'prom-client/lib/registry.js';
import { processMetrics } from '#shared/telemetry/process-metrics.ts';
import type { RenderedMetrics } from './telemetry-listener.ts';

export interface Sample {
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

const prefix = 'farpoint_operator_';

export class MetricFamilies {
  readonly #registry = new Registry();

  /** Adds to a counter. Label values must come from closed sets: nothing bounds them here. */
  counter<Label extends string>(
    name: string,
    help: string,
    labelNames: readonly Label[],
  ): (labels: Readonly<Record<Label, string>>, by?: number) => void {
    const counter = new Counter<Label>({ name: prefix + name, help, labelNames, registers: [this.#registry] });
    // A counter without labels is there from the beginning; one with labels when its first value is.
    return (labels, by = 1) => counter.inc(labels, by);
  }

  /** Observes seconds. */
  histogram(name: string, help: string, buckets: readonly number[]): (value: number) => void {
    const histogram = new Histogram({
      name: prefix + name,
      help,
      buckets: [...buckets],
      registers: [this.#registry],
    });
    return (value) => histogram.observe(value);
  }

  /** Works its values out at each scrape. `sample` bounds what it gives. */
  gauge(family: {
    readonly name: string;
    readonly help: string;
    readonly labelNames: readonly string[];
    readonly sample: () => Iterable<Sample>;
  }): void {
    this.#sampled(prefix + family.name, family);
  }

  /** What the process uses, under the names that Prometheus' clients share. */
  addProcessMetrics(now: Date): void {
    for (const { name, help, type, read } of processMetrics(now)) {
      const value = (): Sample[] =>
        [read()].flatMap((number) => (number === null ? [] : [{ labels: {}, value: number }]));
      if (type === 'gauge') this.#sampled(name, { help, labelNames: [], sample: value });
      else this.#sampledCounter(name, help, () => value()[0]?.value ?? 0);
    }
  }

  async render(): Promise<RenderedMetrics> {
    return { contentType: this.#registry.contentType, body: await this.#registry.metrics() };
  }

  #sampled(
    name: string,
    {
      help,
      labelNames,
      sample,
    }: { readonly help: string; readonly labelNames: readonly string[]; readonly sample: () => Iterable<Sample> },
  ): void {
    const gauge: Gauge = new Gauge({
      name,
      help,
      labelNames,
      registers: [this.#registry],
      collect: () => {
        gauge.reset();
        if (labelNames.length === 0) gauge.remove();
        for (const { labels, value } of sample()) gauge.set(labels, value);
      },
    });
  }

  #sampledCounter(name: string, help: string, read: () => number): void {
    const counter: Counter = new Counter({
      name,
      help,
      registers: [this.#registry],
      collect: () => {
        counter.reset();
        counter.inc(read());
      },
    });
  }
}

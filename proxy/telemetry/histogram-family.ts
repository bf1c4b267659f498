/**
 * A histogram with labels. A cell is an array of plain counts: prom-client's own keeps an object per series whose keys
 * are the bounds, which is slower to observe and several times larger.
 */
import type { CollectedFamily, CollectedMetric } from 'prom-client/lib/registry.js';
import type { FamilyOptions } from './counter-family.ts';
import { SeriesSet, type Labels } from './series-set.ts';

export interface HistogramOptions extends FamilyOptions {
  /** Upper bounds, ascending, without +Inf. */
  readonly bounds: readonly number[];
}

export class HistogramCell {
  readonly labels: Labels;
  readonly counts: number[];
  sum = 0;
  readonly #bounds: readonly number[];

  constructor(labels: Labels, bounds: readonly number[]) {
    this.labels = labels;
    this.#bounds = bounds;
    this.counts = Array.from({ length: bounds.length + 1 }, () => 0);
  }

  /** Adds one value. Anything that is not a number of at least 0 counts as 0. */
  observe(measured: number): void {
    const value = measured >= 0 && measured < Infinity ? measured : 0;
    const bounds = this.#bounds;
    let index = 0;
    while (index < bounds.length && value > (bounds[index] ?? 0)) index += 1;
    this.counts[index] = (this.counts[index] ?? 0) + 1;
    this.sum += value;
  }
}

export class HistogramFamily implements CollectedMetric {
  readonly name: string;
  readonly #help: string;
  readonly #bounds: readonly number[];
  readonly #series: SeriesSet<HistogramCell>;

  constructor(options: HistogramOptions) {
    this.name = options.name;
    this.#help = options.help;
    this.#bounds = options.bounds;
    this.#series = new SeriesSet(options, (labels) => new HistogramCell(labels, options.bounds));
  }

  cell(values: readonly string[]): HistogramCell {
    return this.#series.cell(values);
  }

  async get(): Promise<CollectedFamily> {
    const values = [];
    for (const cell of this.#series.cells()) values.push(...this.#lines(cell));
    return { name: this.name, help: this.#help, type: 'histogram', values };
  }

  *#lines(cell: HistogramCell): Generator<CollectedFamily['values'][number]> {
    const bucket = { sharedLabels: cell.labels, metricName: `${this.name}_bucket` };
    let below = 0;
    for (const [index, bound] of this.#bounds.entries()) {
      below += cell.counts[index] ?? 0;
      yield { ...bucket, labels: { le: bound }, value: below };
    }
    const count = below + (cell.counts[this.#bounds.length] ?? 0);
    yield { ...bucket, labels: { le: '+Inf' }, value: count };
    yield { labels: {}, sharedLabels: cell.labels, metricName: `${this.name}_sum`, value: cell.sum };
    yield { labels: {}, sharedLabels: cell.labels, metricName: `${this.name}_count`, value: count };
  }
}

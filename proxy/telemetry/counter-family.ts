/** A counter with labels. Callers keep its cells and add to them: no label is looked at on the request path. */
import type { CollectedFamily, CollectedMetric } from 'prom-client/lib/registry.js';
import { SeriesSet, type Labels, type SeriesSetOptions } from './series-set.ts';

export interface CounterCell {
  readonly labels: Labels;
  value: number;
}

export interface FamilyOptions extends SeriesSetOptions {
  readonly help: string;
}

export class CounterFamily implements CollectedMetric {
  readonly name: string;
  readonly #help: string;
  readonly #series: SeriesSet<CounterCell>;

  constructor(options: FamilyOptions) {
    this.name = options.name;
    this.#help = options.help;
    this.#series = new SeriesSet(options, (labels) => ({ labels, value: 0 }));
  }

  cell(values: readonly string[]): CounterCell {
    return this.#series.cell(values);
  }

  async get(): Promise<CollectedFamily> {
    return { name: this.name, help: this.#help, type: 'counter', values: [...this.#series.cells()] };
  }
}

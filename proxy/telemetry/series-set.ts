/**
 * The label sets of one metric family and their cells, under caps that hold whatever is recorded: first the values of
 * a label that callers can grow become `other`, then, when the family is full, whole label sets do.
 */
import { CappedValues, otherLabel } from './capped-values.ts';

export type Labels = Readonly<Record<string, string>>;

/** Rewrites a label value of a metric as the Configuration's rules say. */
export type LabelRewrite = (metric: string, label: string, value: string) => string;

export interface SeriesSetOptions {
  readonly name: string;
  /** On every series: `app_id`. */
  readonly constantLabels: Labels;
  /** The labels that vary, in the order in which values are given. */
  readonly labelNames: readonly string[];
  readonly maxSeries: number;
  /** How many values a label may take before `other`; for labels that callers or upstreams can grow. */
  readonly maxValuesByLabel: ReadonlyMap<string, number>;
  /** Labels that give way first when the family is full, so that verbs and statuses can still be told apart. */
  readonly coarseLabels: ReadonlySet<string>;
  readonly rewrite: LabelRewrite;
}

/** Longer values are cut. */
export const maxLabelLength = 160;
/** Rules see this much of a value: their regular expressions take time with each character. */
export const maxRewrittenLength = 512;

/** Part of the series that only label sets with `other` may use. */
const reservedShare = 0.1;

export class SeriesSet<Cell> {
  readonly #options: SeriesSetOptions;
  readonly #makeCell: (labels: Labels) => Cell;
  readonly #cellsByKey = new Map<string, Cell>();
  readonly #valuesByLabel: ReadonlyMap<string, CappedValues>;
  readonly #softMax: number;

  constructor(options: SeriesSetOptions, makeCell: (labels: Labels) => Cell) {
    this.#options = options;
    this.#makeCell = makeCell;
    this.#valuesByLabel = new Map([...options.maxValuesByLabel].map(([label, max]) => [label, new CappedValues(max)]));
    this.#softMax = Math.floor(options.maxSeries * (1 - reservedShare));
  }

  /** The cell of these label values; made when new. */
  cell(values: readonly string[]): Cell {
    const { labelNames, maxSeries, coarseLabels } = this.#options;
    const admitted = labelNames.map((label, index) => this.#admit(label, values[index] ?? ''));
    const known = this.#cellsByKey.get(keyOf(admitted));
    if (known !== undefined) return known;
    if (this.#cellsByKey.size < this.#softMax) return this.#add(admitted);
    const coarse = admitted.map((value, index) =>
      value !== '' && coarseLabels.has(labelNames[index] ?? '') ? otherLabel : value,
    );
    const coarseKnown = this.#cellsByKey.get(keyOf(coarse));
    if (coarseKnown !== undefined) return coarseKnown;
    if (this.#cellsByKey.size < maxSeries - 1) return this.#add(coarse);
    const last = labelNames.map(() => otherLabel);
    return this.#cellsByKey.get(keyOf(last)) ?? this.#add(last);
  }

  cells(): IterableIterator<Cell> {
    return this.#cellsByKey.values();
  }

  #add(values: readonly string[]): Cell {
    const { labelNames, constantLabels } = this.#options;
    const labels: Record<string, string> = { ...constantLabels };
    for (const [index, label] of labelNames.entries()) labels[label] = values[index] ?? '';
    const cell = this.#makeCell(labels);
    this.#cellsByKey.set(keyOf(values), cell);
    return cell;
  }

  #admit(label: string, value: string): string {
    const { name, rewrite } = this.#options;
    const rewritten = cutLabel(rewrite(name, label, value.slice(0, maxRewrittenLength)));
    return this.#valuesByLabel.get(label)?.admit(rewritten) ?? rewritten;
  }
}

function keyOf(values: readonly string[]): string {
  return values.join('\u0000');
}

/** Label values have a longest length, so that memory and scrapes have. */
export function cutLabel(value: string): string {
  return value.length <= maxLabelLength ? value : `${value.slice(0, maxLabelLength - 3)}...`;
}

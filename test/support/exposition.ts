/**
 * A strict reader of Prometheus' text format 0.0.4: anything that the format does not allow throws, also what lenient
 * readers let pass (a family in two places, the same labels twice, buckets that go down).
 */

export interface Sample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

export interface Family {
  readonly name: string;
  readonly type: 'counter' | 'gauge' | 'histogram';
  readonly help: string;
  readonly samples: readonly Sample[];
}

const metricName = /^[a-zA-Z_:][a-zA-Z0-9_:]*/;
const labelPair = /^([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\[\\n"])*)"(,|\})/;
const number = /^(?:[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?|\+Inf|-Inf|NaN)$/i;

/** Reads a whole exposition into its families by name. Throws Error naming the line. */
export function parseExposition(text: string): ReadonlyMap<string, Family> {
  if (!text.endsWith('\n')) throw new Error('the last line has no line feed');
  const families = new Map<string, { name: string; type: Family['type']; help: string; samples: Sample[] }>();
  let help: { name: string; text: string } | null = null;
  let current = '';
  for (const line of text.slice(0, -1).split('\n')) {
    if (line === '') continue;
    const head = /^# (HELP|TYPE) ([a-zA-Z_:][a-zA-Z0-9_:]*) (.+)$/.exec(line);
    if (head !== null) {
      const [, keyword, name = '', rest = ''] = head;
      if (families.has(name)) throw new Error(`${name} comes twice`);
      if (keyword === 'HELP') {
        help = { name, text: rest };
        continue;
      }
      if (help?.name !== name) throw new Error(`no HELP before: ${line}`);
      if (rest !== 'counter' && rest !== 'gauge' && rest !== 'histogram') throw new Error(`unknown type: ${line}`);
      families.set(name, { name, type: rest, help: help.text, samples: [] });
      current = name;
      continue;
    }
    if (line.startsWith('#')) throw new Error(`a comment that is neither HELP nor TYPE: ${line}`);
    const sample = parseSample(line);
    const family = families.get(current);
    if (family === undefined || !belongs(sample.name, family)) throw new Error(`outside its family: ${line}`);
    family.samples.push(sample);
  }
  for (const family of families.values()) checkFamily(family);
  return families;
}

/** The value of one sample; throws when there is none with exactly these labels (`app_id` may be left out). */
export function valueOf(
  families: ReadonlyMap<string, Family>,
  name: string,
  labels: Readonly<Record<string, string>>,
): number {
  const family = families.get(name) ?? families.get(name.replace(/_(?:bucket|sum|count)$/, ''));
  const found = family?.samples.filter((sample) => sample.name === name && hasLabels(sample, labels)) ?? [];
  if (found.length !== 1 || found[0] === undefined) {
    throw new Error(`${found.length} samples of ${name}${JSON.stringify(labels)}`);
  }
  return found[0].value;
}

function hasLabels({ labels }: Sample, wanted: Readonly<Record<string, string>>): boolean {
  const names = Object.keys(labels).filter((name) => name !== 'app_id' || 'app_id' in wanted);
  return names.length === Object.keys(wanted).length && names.every((name) => labels[name] === wanted[name]);
}

function parseSample(line: string): Sample {
  const name = metricName.exec(line)?.[0];
  if (name === undefined) throw new Error(`no name: ${line}`);
  let rest = line.slice(name.length);
  const labels: Record<string, string> = {};
  if (rest.startsWith('{')) {
    rest = rest.slice(1);
    for (;;) {
      const pair = labelPair.exec(rest);
      if (pair === null) throw new Error(`bad labels: ${line}`);
      const [whole, label = '', escaped = '', end] = pair;
      if (label in labels) throw new Error(`label ${label} comes twice: ${line}`);
      labels[label] = escaped.replace(/\\(.)/g, (_, next: string) => (next === 'n' ? '\n' : next));
      rest = rest.slice(whole.length);
      if (end === '}') break;
    }
  }
  const value = rest.slice(1);
  if (!rest.startsWith(' ') || !number.test(value)) throw new Error(`bad value: ${line}`);
  return { name, labels, value: value.endsWith('Inf') ? Number(`${value}inity`) : Number(value) };
}

function belongs(name: string, { name: family, type }: Pick<Family, 'name' | 'type'>): boolean {
  if (type !== 'histogram') return name === family;
  return [`${family}_bucket`, `${family}_sum`, `${family}_count`].includes(name);
}

function checkFamily(family: Family): void {
  const keys = family.samples.map(({ name, labels }) => `${name}${keyOf(labels)}`);
  if (new Set(keys).size !== keys.length) throw new Error(`${family.name} has the same labels twice`);
  if (family.type === 'counter' && family.samples.some(({ value }) => !(value >= 0))) {
    throw new Error(`${family.name} counts below zero`);
  }
  if (family.type === 'histogram') checkHistogram(family);
}

function checkHistogram({ name, samples }: Family): void {
  const series = new Map<string, { buckets: [number, number][]; count: number; hasSum: boolean }>();
  for (const sample of samples) {
    const { le, ...labels } = sample.labels;
    const key = keyOf(labels);
    const one = series.get(key) ?? { buckets: [], count: NaN, hasSum: false };
    series.set(key, one);
    if (sample.name.endsWith('_bucket')) one.buckets.push([le === '+Inf' ? Infinity : Number(le), sample.value]);
    else if (sample.name.endsWith('_sum')) one.hasSum = true;
    else one.count = sample.value;
  }
  for (const { buckets, count, hasSum } of series.values()) {
    const isRising = buckets.every(([bound, value], index) => {
      const [lastBound, lastValue] = buckets[index - 1] ?? [-Infinity, 0];
      return bound > lastBound && value >= lastValue;
    });
    const [lastBound, lastValue] = buckets.at(-1) ?? [NaN, NaN];
    if (!isRising || lastBound !== Infinity || lastValue !== count || !hasSum)
      throw new Error(`${name} does not add up`);
  }
}

function keyOf(labels: Readonly<Record<string, string>>): string {
  return JSON.stringify(Object.entries(labels).toSorted(([a], [b]) => (a < b ? -1 : 1)));
}

/** A gauge, or a counter kept elsewhere, whose values are worked out when somebody asks for them. */
import type { CollectedFamily, CollectedMetric } from 'prom-client/lib/registry.js';
import type { Labels } from './series-set.ts';

export interface GaugeSample {
  readonly labels: Labels;
  readonly value: number;
}

export interface GaugeFamilyOptions {
  readonly name: string;
  readonly help: string;
  readonly type?: 'gauge' | 'counter';
  readonly sample: () => Iterable<GaugeSample>;
}

/** Makes the family. `sample` runs at each scrape and bounds what it gives itself. */
export function gaugeFamily({ name, help, type = 'gauge', sample }: GaugeFamilyOptions): CollectedMetric {
  return { name, get: async (): Promise<CollectedFamily> => ({ name, help, type, values: [...sample()] }) };
}

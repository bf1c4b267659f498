/** The exposition text of one metric family, in pages: a histogram with thousands of lines must not hold requests up. */
import type Registry from 'prom-client/lib/registry.js';
import type { CollectedFamily } from 'prom-client/lib/registry.js';
import { nextTurn } from './next-turn.ts';

const linesPerPage = 1_000;

/** Yields the family's lines, each with its line feed; HELP and TYPE come once. */
export async function* familyText(family: CollectedFamily, registry: Registry): AsyncGenerator<string> {
  const { name, values } = family;
  for (let start = 0; start === 0 || start < values.length; start += linesPerPage) {
    if (start > 0) await nextTurn();
    const page = { ...family, values: values.slice(start, start + linesPerPage) };
    const text = await registry.getMetricsAsString({ name, get: async () => page });
    yield `${start === 0 ? text : withoutHead(text)}\n`;
  }
}

/** prom-client begins each text with the two lines HELP and TYPE. */
function withoutHead(text: string): string {
  return text.slice(text.indexOf('\n', text.indexOf('\n') + 1) + 1);
}

/**
 * Shows what values do to the chart: all objects for the defaults; for other values the lines that differ from these.
 * Definitions are shown without their schema, and the version, which says nothing, is masked.
 */
import { parse, stringify } from 'yaml';
import { recordFrom } from '#shared/resources/read-field.ts';
import { type ChartObject, mustRender, placeOf } from '../cluster/support/chart.ts';
import type { RunHelm } from '../cluster/support/helm-for-tests.ts';

/** The output of a golden input. */
export async function runChartCase(helm: RunHelm, input: string, version: string): Promise<string> {
  const values = (parse(input) ?? {}) as Readonly<Record<string, unknown>>;
  const objects = await mustRender(helm, values);
  if (Object.keys(values).length === 0) return textOf({ objects: objects.map(shown) }, version);
  const standard = new Map((await mustRender(helm, {})).map((object) => [placeOf(object), object]));
  const places = new Set(objects.map(placeOf));
  const differences = objects.flatMap((object) => {
    const other = standard.get(placeOf(object));
    const lines = other === undefined ? [] : differingLines(other, object);
    return lines.length === 0 ? [] : [[placeOf(object), lines] as const];
  });
  return textOf(
    {
      differences: Object.fromEntries(differences),
      new: objects.filter((object) => !standard.has(placeOf(object))).map(shown),
      absent: [...standard.keys()].filter((place) => !places.has(place)),
    },
    version,
  );
}

function shown(object: ChartObject): unknown {
  return object.kind === 'CustomResourceDefinition' ? { ...object, spec: 'as in crds/' } : object;
}

/** As `- spec.replicas: 2`, `+ spec.replicas: 1`. */
function differingLines(before: unknown, after: unknown): readonly string[] {
  const [old, present] = [linesOf(before, ''), linesOf(after, '')];
  return [
    ...old.filter((line) => !present.includes(line)).map((line) => `- ${line}`),
    ...present.filter((line) => !old.includes(line)).map((line) => `+ ${line}`),
  ];
}

/** One for each thing that is no collection. What stands in a list goes by its name, if it has one. */
function linesOf(value: unknown, path: string): readonly string[] {
  if (Array.isArray(value)) {
    if (value.length === 0) return [`${path}: []`];
    return value.flatMap((item: unknown, index) => {
      if (isRule(item)) return [`${path}[]: ${JSON.stringify(item)}`];
      const fields = recordFrom(item);
      const name = fields?.['name'];
      const place = typeof name === 'string' ? name : fields === null ? '' : index;
      return linesOf(item, `${path}[${place}]`);
    });
  }
  const fields = recordFrom(value);
  if (fields === null) return [`${path}: ${JSON.stringify(value)}`];
  return Object.entries(fields).flatMap(([name, field]) => linesOf(field, path === '' ? name : `${path}.${name}`));
}

/** Of a role: its place among the others means nothing, and apart from each other its parts mean nothing. */
function isRule(item: unknown): boolean {
  return recordFrom(item)?.['verbs'] !== undefined;
}

function textOf(output: object, version: string): string {
  const text = stringify(output, { lineWidth: 0, aliasDuplicateObjects: false });
  return text.replaceAll(new RegExp(`(?<![\\d.])${version.replaceAll('.', String.raw`\.`)}(?![\\d.])`, 'g'), 'VERSION');
}

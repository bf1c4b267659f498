/** The chart, rendered as helm would send it to a cluster, and its earlier revision. */
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { parseAllDocuments } from 'yaml';
import type { RunHelm } from './helm-for-tests.ts';

export const chartFolder = join(import.meta.dirname, '../../../charts/farpoint');

export interface ChartObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly labels?: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
  };
  readonly spec?: unknown;
  readonly [field: string]: unknown;
}

export interface Rendered {
  /** In order of kind, namespace and name. */
  readonly objects: readonly ChartObject[];
  /** Why nothing was rendered; `''`: it was. */
  readonly refusal: string;
}

const kubeVersion = '1.36.0';

/** Renders it with these values, without a cluster. */
export async function renderChart(helm: RunHelm, values: unknown, namespace = 'farpoint-system'): Promise<Rendered> {
  const args = ['template', 'farpoint', chartFolder, `--namespace=${namespace}`, `--kube-version=${kubeVersion}`];
  const { code, stdout, stderr } = await helm([...args, '--values=-'], { stdin: JSON.stringify(values) });
  if (code !== 0) return { objects: [], refusal: stderr };
  const objects = parseAllDocuments(stdout)
    .map((document) => document.toJS() as ChartObject | null)
    .filter((object) => object !== null);
  return { objects: objects.toSorted((left, right) => (placeOf(left) < placeOf(right) ? -1 : 1)), refusal: '' };
}

/** Renders it, or throws what helm says. */
export async function mustRender(helm: RunHelm, values: unknown): Promise<readonly ChartObject[]> {
  const { objects, refusal } = await renderChart(helm, values);
  if (refusal !== '') throw new Error(refusal);
  return objects;
}

/** As `Role shop/farpoint-operator-watched`. */
export function placeOf({ kind, metadata: { namespace, name } }: ChartObject): string {
  return `${kind} ${namespace === undefined ? '' : `${namespace}/`}${name}`;
}

/** The one object of a kind. */
export function objectOf(objects: readonly ChartObject[], kind: string): ChartObject {
  const [found, ...more] = objects.filter((object) => object.kind === kind);
  if (found === undefined || more.length > 0)
    throw new Error(`not one ${kind}, but ${found === undefined ? 0 : 'more'}`);
  return found;
}

/** What the operator's container is started with. */
export function operatorArgs(objects: readonly ChartObject[]): readonly string[] {
  const { spec } = objectOf(objects, 'Deployment') as unknown as {
    spec: { template: { spec: { containers: readonly [{ args: readonly string[] }] } } };
  };
  return spec.template.spec.containers[0].args;
}

/**
 * A copy of the chart as an earlier revision of it may have been: an HTTPEndpoint without the column for proxies, a label of
 * its own, an operator without a budget. Gone with the test.
 */
export async function previousChart(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'farpoint-chart-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  await cp(chartFolder, folder, { recursive: true });
  await edit(join(folder, 'Chart.yaml'), (text) => text.replace(/^version: .*$/m, 'version: 0.0.1'));
  await edit(join(folder, 'values.yaml'), (text) => text.replace(/^labels: \{\}$/m, 'labels: { revision: previous }'));
  await edit(join(folder, 'files/crds/httpendpoint.yaml'), (text) =>
    text.replace(/ +- name: Proxies\n.*\n.*\n.*\n/, ''),
  );
  await rm(join(folder, 'templates/pod-disruption-budget.yaml'));
  return folder;
}

async function edit(file: string, change: (text: string) => string): Promise<void> {
  const text = await readFile(file, 'utf8');
  const changed = change(text);
  if (changed === text) throw new Error(`${file} is not what it was when this test was written`);
  await writeFile(file, changed);
}

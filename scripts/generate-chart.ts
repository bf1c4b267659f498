/**
 * What the chart holds twice: the schemas of crds/, the version of package.json, and in its README the table of values.
 * Pure apart from reading; `scripts/generate.ts` writes or compares them.
 */
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { isCollection, isMap, isScalar, type Pair, parseDocument, stringify, type YAMLMap } from 'yaml';
import type { GeneratedFile } from './generate-validators.ts';

const root = path.join(import.meta.dirname, '..');
const chart = 'charts/farpoint';
/** Longer defaults are for values.yaml to show. */
const longestDefault = 80;

/** Everything in the chart that is generated. */
export async function generatedChart(): Promise<readonly GeneratedFile[]> {
  const names = (await readdir(path.join(root, 'crds'))).toSorted();
  const crds = await Promise.all(
    names.map(async (name) => ({ path: `${chart}/files/crds/${name}`, text: await read(`crds/${name}`) })),
  );
  const { version } = JSON.parse(await read('package.json')) as { readonly version: string };
  const about = (await read(`${chart}/Chart.yaml`)).replace(/^appVersion: .*$/m, `appVersion: '${version}'`);
  const readme = withTable(await read(`${chart}/README.md`), valuesTable(await read(`${chart}/values.yaml`)));
  return [...crds, { path: `${chart}/Chart.yaml`, text: about }, { path: `${chart}/README.md`, text: readme }];
}

/** One row for each value, from the comments of values.yaml, aligned as the formatter does it. Throws where one is missing. */
export function valuesTable(text: string): string {
  const { contents } = parseDocument(text);
  if (!isMap(contents)) throw new TypeError('values.yaml holds no values');
  const rows = [['value', 'default', 'what it is'], ...rowsOf(contents, '')];
  const widths = [0, 1, 2].map((column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  const rule = widths.map((width) => '-'.repeat(width));
  const [head = [], ...body] = rows.map((row) => row.map((cell, column) => cell.padEnd(widths[column] ?? 0)));
  return [head, rule, ...body].map((cells) => `| ${cells.join(' | ')} |\n`).join('');
}

function rowsOf(map: YAMLMap, prefix: string): string[][] {
  return map.items.flatMap((pair, index) => {
    const name = `${prefix}${String(isScalar(pair.key) ? pair.key.value : pair.key)}`;
    const { value } = pair;
    if (isMap(value) && value.items.some((inner, at) => commentOf(inner, at === 0 ? value : null) !== ''))
      return rowsOf(value, `${name}.`);
    const comment = commentOf(pair, index === 0 ? map : null);
    if (comment === '') throw new Error(`${name} has no comment in values.yaml`);
    return [[`\`${name}\``, defaultOf(value), comment].map((cell) => cell.replaceAll('|', String.raw`\|`))];
  });
}

/** What stands right before it. The first comment in a map belongs to the map. */
function commentOf({ key }: Pair, map: YAMLMap | null): string {
  const text = (isScalar(key) ? key.commentBefore : null) ?? map?.commentBefore ?? '';
  const [last = ''] = text.split(/\n\s*\n/).toReversed();
  return last
    .split('\n')
    .map((line) => line.trim())
    .join(' ')
    .trim();
}

function defaultOf(value: unknown): string {
  const plain: unknown = isScalar(value) || isCollection(value) ? value.toJSON() : value;
  const text = stringify(plain, { collectionStyle: 'flow', singleQuote: true, lineWidth: 0 }).trim();
  return text.length > longestDefault ? 'see values.yaml' : `\`${text}\``;
}

const begin = '<!-- values: make generate -->\n';
const end = '<!-- end of values -->\n';

function withTable(readme: string, table: string): string {
  const [before, rest = ''] = readme.split(begin);
  const [, after] = rest.split(end);
  if (before === undefined || after === undefined) throw new Error('the README of the chart has no place for values');
  return `${before}${begin}\n${table}\n${end}${after}`;
}

function read(file: string): Promise<string> {
  return readFile(path.join(root, file), 'utf8');
}

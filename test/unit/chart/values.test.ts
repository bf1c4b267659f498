/** The values of the chart: values.yaml, its comments and its schema are about the same things. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv } from 'ajv';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { recordFrom, type UnknownRecord } from '#shared/resources/read-field.ts';
import { valuesTable } from '../../../scripts/generate-chart.ts';

const chart = join(import.meta.dirname, '../../../charts/farpoint');
const text = readFileSync(join(chart, 'values.yaml'), 'utf8');
const values = parse(text) as UnknownRecord;
const schema = JSON.parse(readFileSync(join(chart, 'values.schema.json'), 'utf8')) as UnknownRecord;
const definitions = recordFrom(schema['definitions']) ?? {};

/** What a schema says itself, or the definition that it names. */
function resolved(part: unknown): UnknownRecord {
  const fields = recordFrom(part) ?? {};
  const name = typeof fields['$ref'] === 'string' ? fields['$ref'].replace('#/definitions/', '') : null;
  return name === null ? fields : { ...resolved(definitions[name]), ...fields };
}

/** The dotted names of all that a schema lists. */
function namesIn(part: unknown, prefix = ''): readonly string[] {
  const properties = Object.entries(recordFrom(resolved(part)['properties']) ?? {});
  return properties.flatMap(([name, inner]) => [`${prefix}${name}`, ...namesIn(inner, `${prefix}${name}.`)]);
}

/** The dotted names of all that values.yaml holds, as far as the schema lists names. */
function namesOf(value: unknown, part: unknown, prefix = ''): readonly string[] {
  const properties = recordFrom(resolved(part)['properties']);
  if (properties === null) return [];
  return Object.entries(recordFrom(value) ?? {}).flatMap(([name, inner]) => [
    `${prefix}${name}`,
    ...namesOf(inner, properties[name], `${prefix}${name}.`),
  ]);
}

/** Every schema of an object that lists what there is, with its place. */
function listsIn(part: unknown, place = ''): readonly (readonly [string, UnknownRecord])[] {
  const fields = resolved(part);
  const properties = recordFrom(fields['properties']);
  if (properties === null) return [];
  return [
    [place, fields] as const,
    ...Object.entries(properties).flatMap(([name, inner]) => listsIn(inner, `${place}.${name}`)),
  ];
}

describe('the values of the chart', () => {
  test('are allowed by the schema', () => {
    const validate = new Ajv({ allErrors: true, strict: true, strictRequired: false, allowUnionTypes: true }).compile(
      schema,
    );
    validate(values);
    expect(validate.errors).toBeNull();
  });

  test('are what the schema lists', () => {
    const optional = [
      'enabled',
      'resources.claims',
      ...['namespaceSelector', 'objectSelector'].flatMap((name) => [
        `injection.${name}.matchLabels`,
        `injection.${name}.matchExpressions`,
      ]),
    ];
    expect(namesOf(values, schema).toSorted()).toEqual(
      namesIn(schema)
        .filter((name) => !optional.includes(name))
        .toSorted(),
    );
  });

  test('cannot be misspelt, but in what charts around this one share', () => {
    const open = listsIn(schema).filter(([, fields]) => fields['additionalProperties'] !== false);
    expect(open.map(([place]) => place)).toEqual(['.global']);
  });

  test('each have a comment, and a row in the README', () => {
    const readme = readFileSync(join(chart, 'README.md'), 'utf8');
    expect(readme).toContain(valuesTable(text));
    expect(() => valuesTable('# One.\none: 1\ntwo: 2\n')).toThrow('two has no comment in values.yaml');
  });
});

test('a table of values shows groups, defaults and comments of several lines', () => {
  const rows = valuesTable(
    '# About all.\n\n# Not of a value.\ngroup:\n  # The first\n  # of them.\n  one: 1\n  # A list.\n  two: [a, b|c]\n',
  );
  expect(rows.split('\n').map((row) => row.replaceAll(/ +/g, ' '))).toEqual([
    '| value | default | what it is |',
    expect.stringMatching(/^\| -+ \| -+ \| -+ \|$/),
    '| `group.one` | `1` | The first of them. |',
    String.raw`| ${'`group.two`'} | ${'`[ a, b\\|c ]`'} | A list. |`,
    '',
  ]);
});

/**
 * Turns the schemas in crds/ into validators without ajv, so that a proxy does not pay for ajv in memory. Pure apart
 * from reading crds/. `generatedValidators()` gives the files; `scripts/generate.ts` writes or compares them.
 */
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { Ajv } from 'ajv';
import standaloneCode from 'ajv/dist/standalone/index.js';
import { parse } from 'yaml';

/** One generated file: where it belongs, from the root of the repository, and what is to stand in it. */
export interface GeneratedFile {
  readonly path: string;
  readonly text: string;
}

interface Crd {
  readonly spec: { readonly versions: readonly { readonly schema: { readonly openAPIV3Schema: JsonSchema } }[] };
}

interface JsonSchema {
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly [keyword: string]: unknown;
}

const root = path.join(import.meta.dirname, '..');
const header = '// Generated from crds/httpendpoint.yaml by `make generate`. Do not edit.\n';

const declaration = `${header}import type { SchemaMistake } from '../schema-mistake.ts';

/** Whether the document is a valid HTTPEndpoint; fills in defaults in place. What is wrong stands in \`errors\`. */
export declare const validateHttpEndpoint: {
  (document: unknown): boolean;
  errors?: readonly SchemaMistake[] | null;
};
`;

/** Everything that is generated from crds/. */
export async function generatedValidators(): Promise<readonly GeneratedFile[]> {
  // Kubernetes' own keywords and formats say nothing about what a user may write; ajv is to skip them.
  const ajv = new Ajv({
    allErrors: true,
    useDefaults: true,
    validateFormats: false,
    strictSchema: false,
    code: { source: true, esm: true, lines: true },
  });
  ajv.addSchema({ ...leanSchema(await writableSchema('httpendpoint.yaml')), $id: 'httpendpoint' });
  // ajv's CommonJS default export arrives as an object under Node's ESM rules.
  const code = standaloneCode.default(ajv, { validateHttpEndpoint: 'httpendpoint' });
  const folder = 'shared/resources/generated';
  return [
    { path: `${folder}/validate-http-endpoint.js`, text: `${header}${code.trim()}\n` },
    { path: `${folder}/validate-http-endpoint.d.ts`, text: declaration },
  ];
}

/** The schema without `status`, which no user writes. */
async function writableSchema(file: string): Promise<JsonSchema> {
  const crd = parse(await readFile(path.join(root, 'crds', file), 'utf8')) as Crd;
  const schema = crd.spec.versions[0]?.schema.openAPIV3Schema;
  if (schema === undefined) throw new TypeError(`${file} holds no schema`);
  const { status: _status, ...properties } = schema.properties ?? {};
  return { ...schema, properties };
}

/** For the API server only: its CEL rules, whose mistakes shared/compile finds, and the limits that keep them cheap. */
const notOurs = /^(x-kubernetes-.*|maxItems|maxLength)$/;

/** Validators carry their schema with them; prose in it would only cost memory. */
function leanSchema(schema: JsonSchema): JsonSchema {
  const text = JSON.stringify(schema, (key, value: unknown) => {
    const isProse = key === 'description' && typeof value === 'string';
    return isProse || notOurs.test(key) ? undefined : value;
  });
  return JSON.parse(text) as JsonSchema;
}

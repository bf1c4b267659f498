/**
 * Turns the schemas in crds/ into validators without ajv, so that a proxy does not pay for ajv in memory. Pure apart
 * from reading crds/. `generatedValidators()` gives the files; `scripts/generate.ts` writes or compares them.
 */
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { Ajv, type Options } from 'ajv';
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

/** A kind whose documents are checked here. */
interface CheckedKind {
  readonly kind: string;
  /** Names the files: `crds/<file>.yaml`, `validate-<module>.js`. */
  readonly file: string;
  readonly module: string;
}

const kinds: readonly CheckedKind[] = [
  { kind: 'HTTPEndpoint', file: 'httpendpoint', module: 'http-endpoint' },
  { kind: 'Resiliency', file: 'resiliency', module: 'resiliency' },
];

/** Everything that is generated from crds/. */
export async function generatedValidators(): Promise<readonly GeneratedFile[]> {
  // Kubernetes' own keywords and formats say nothing about what a user may write; ajv is to skip them.
  const ajvOptions: Options = {
    allErrors: true,
    useDefaults: true,
    validateFormats: false,
    strictSchema: false,
    code: { source: true, esm: true, lines: true },
  };
  const folder = 'shared/resources/generated';
  const files = await Promise.all(
    kinds.map(async (checked) => {
      const { file, module } = checked;
      const schema = leanSchema(await writableSchema(`${file}.yaml`));
      // One instance for each, so that a file does not hold the others' validators too.
      const ajv = new Ajv(ajvOptions);
      ajv.addSchema({ ...schema, $id: file });
      // ajv's CommonJS default export arrives as an object under Node's ESM rules.
      const code = standaloneCode.default(ajv, { [validatorName(module)]: file });
      return [
        { path: `${folder}/validate-${module}.js`, text: `${header(file)}${code.trim()}\n` },
        { path: `${folder}/validate-${module}.d.ts`, text: declaration(checked) },
      ];
    }),
  );
  return files.flat();
}

/** `http-endpoint` → `validateHttpEndpoint`. */
function validatorName(module: string): string {
  return `validate-${module}`.replaceAll(/-([a-z])/g, (_, letter: string) => letter.toUpperCase());
}

function header(file: string): string {
  return `// Generated from crds/${file}.yaml by \`make generate\`. Do not edit.\n`;
}

function declaration({ kind, file, module }: CheckedKind): string {
  return `${header(file)}import type { SchemaMistake } from '../schema-mistake.ts';

/** Whether the document is a valid ${kind}; fills in defaults in place. What is wrong stands in \`errors\`. */
export declare const ${validatorName(module)}: {
  (document: unknown): boolean;
  errors?: readonly SchemaMistake[] | null;
};
`;
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

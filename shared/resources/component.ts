/** `kind: Component`: secret stores and middleware (spec/httpendpoint.md §3, spec/policy.md §4). Pure. */
import type { Problem, Subject } from '../errors/problem.ts';
import { fieldSlips, type KnownFields } from './field-slips.ts';
import type { ValueSource } from './http-endpoint.ts';
import { identityOf, type Manifest } from './manifest.ts';
import { recordFrom, stringsFrom, type UnknownRecord } from './read-field.ts';
import { valueSourceFrom } from './value-source-from.ts';

/** One item of `spec.metadata`. */
export interface ComponentSetting {
  readonly name: string;
  readonly source: ValueSource;
}

export interface Component {
  readonly subject: Subject;
  readonly name: string;
  /** `''` when the manifest names none. */
  readonly namespace: string;
  /** `secretstores.local.file`, `middleware.http.bearer` and the like. */
  readonly type: string;
  /** `v1` where the manifest names none. */
  readonly version: string;
  /** App ids; empty means every app. */
  readonly scopes: readonly string[];
  /** `auth.secretStore`, `''` when not given. */
  readonly secretStore: string;
  /** In order, as written. */
  readonly metadata: readonly ComponentSetting[];
  /** Inline values by lower-case name: Dapr reads these names in any case. The last of a name counts. */
  readonly metadataByName: ReadonlyMap<string, string>;
}

export type ComponentResult =
  | { readonly component: Component; readonly problem: null }
  | { readonly component: null; readonly problem: Problem };

/** Of middleware; a Component that says more than this is refused, as nobody could look through it. */
const maxSettings = 1_000;
const maxNameLength = 253;

const knownFields: KnownFields = {
  apiVersion: null,
  kind: null,
  metadata: null,
  scopes: null,
  auth: { secretStore: null },
  spec: {
    type: null,
    version: null,
    metadata: { name: null, value: null, envRef: null, secretKeyRef: { name: null, key: null } },
    ignoreErrors: null,
    initTimeout: null,
  },
};

/** Whether a Component is a middleware, of a type that is built or not. */
export function isMiddleware({ type }: Pick<Component, 'type'>): boolean {
  return type.toLowerCase().startsWith('middleware.');
}

/**
 * Reads a Component. What cannot be read of a middleware's metadata refuses it: a guard is not used with half of its
 * settings. Of other types, it is left out.
 */
export function parseComponent(manifest: Manifest): ComponentResult {
  const { subject, problem } = identityOf(manifest);
  if (subject === null) return { component: null, problem };
  const { name, namespace } = subject;
  const refused = (message: string): ComponentResult => ({
    component: null,
    problem: { subject, reason: 'InvalidComponent', message, severity: 'error' },
  });
  const spec = recordFrom(manifest.document['spec']) ?? {};
  const { type, version = null } = spec;
  if (typeof type !== 'string' || type === '') return refused('spec.type is missing');
  const mistakes = isMiddleware({ type }) ? shapeMistakes(manifest.document, spec) : [];
  if (mistakes.length > 0) return refused(mistakes.join('; '));
  const metadata = itemsOf(spec).flatMap((item) => {
    const fields = recordFrom(item);
    return fields !== null && typeof fields['name'] === 'string'
      ? [{ name: fields['name'], source: valueSourceFrom(fields) }]
      : [];
  });
  const component: Component = {
    subject,
    name,
    namespace,
    type,
    version: typeof version === 'string' && version !== '' ? version : 'v1',
    scopes: stringsFrom(manifest.document['scopes']),
    secretStore: secretStoreOf(manifest.document),
    metadata,
    metadataByName: new Map(
      metadata.flatMap((item) => {
        const { value } = item.source;
        return value === null ? [] : [[item.name.toLowerCase(), value] as const];
      }),
    ),
  };
  return { component, problem: null };
}

function itemsOf({ metadata }: UnknownRecord): readonly unknown[] {
  return Array.isArray(metadata) ? (metadata as readonly unknown[]) : [];
}

function secretStoreOf(document: UnknownRecord): string {
  const store = recordFrom(document['auth'])?.['secretStore'];
  return typeof store === 'string' ? store : '';
}

/** What the schema of the CRD would refuse, and slips: a setting that is left out is a guard with another setting. By number, since what stands in the place of a name may be a secret. */
function shapeMistakes(document: UnknownRecord, spec: UnknownRecord): readonly string[] {
  const { version, metadata } = spec;
  const auth = document['auth'];
  const isListOfTexts = (value: unknown): boolean =>
    Array.isArray(value) && value.every((item) => typeof item === 'string');
  const mistakes = [
    ...(isAbsent(version) || typeof version === 'string' ? [] : ['spec.version must be a string']),
    ...(isAbsent(metadata) || Array.isArray(metadata) ? [] : ['spec.metadata must be a list']),
    ...(isAbsent(document['scopes']) || isListOfTexts(document['scopes']) ? [] : ['scopes must be a list of strings']),
    ...(isAbsent(auth) || typeof recordFrom(auth)?.['secretStore'] === 'string'
      ? []
      : ['auth.secretStore must be a string']),
    ...fieldSlips(document, knownFields),
    ...itemsOf(spec).flatMap((item, index) => itemMistakes(item).map((mistake) => `spec.metadata[${index}]${mistake}`)),
  ];
  if (itemsOf(spec).length > maxSettings) mistakes.push(`spec.metadata holds more than ${maxSettings} settings`);
  return mistakes.slice(0, 20);
}

function itemMistakes(item: unknown): readonly string[] {
  const fields = recordFrom(item);
  if (fields === null) return [' must be a map'];
  const { name, envRef, secretKeyRef } = fields;
  const reference = recordFrom(secretKeyRef);
  const isTextOrAbsent = (value: unknown): boolean => isAbsent(value) || typeof value === 'string';
  const isReference =
    isAbsent(secretKeyRef) || (typeof reference?.['name'] === 'string' && isTextOrAbsent(reference['key']));
  return [
    ...(typeof name === 'string' && name !== '' ? [] : ['.name is missing']),
    ...(typeof name === 'string' && name.length > maxNameLength
      ? [`.name is longer than ${maxNameLength} characters`]
      : []),
    ...(isTextOrAbsent(envRef) ? [] : ['.envRef must be a string']),
    ...(isReference ? [] : ['.secretKeyRef must name a secret, and perhaps a key']),
  ];
}

function isAbsent(value: unknown): boolean {
  return value === undefined || value === null;
}

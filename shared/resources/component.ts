/** `kind: Component` as far as secret stores need it (spec/httpendpoint.md §3). Pure. */
import type { Problem, Subject } from '../errors/problem.ts';
import { identityOf, type Manifest } from './manifest.ts';
import { recordFrom, stringsFrom, textFrom } from './read-field.ts';

export interface Component {
  readonly subject: Subject;
  readonly name: string;
  /** `''` when the manifest names none. */
  readonly namespace: string;
  /** `secretstores.local.file` and the like. */
  readonly type: string;
  /** App ids; empty means every app. */
  readonly scopes: readonly string[];
  /** Inline values by lower-case name: Dapr reads these names in any case. */
  readonly metadataByName: ReadonlyMap<string, string>;
}

export type ComponentResult =
  | { readonly component: Component; readonly problem: null }
  | { readonly component: null; readonly problem: Problem };

/** Reads a Component. Metadata that is not inline has no value here. */
export function parseComponent(manifest: Manifest): ComponentResult {
  const { subject, problem } = identityOf(manifest);
  if (subject === null) return { component: null, problem };
  const { name, namespace } = subject;
  const spec = recordFrom(manifest.document['spec']);
  const type = spec?.['type'];
  if (typeof type !== 'string' || type === '') {
    const message = 'spec.type is missing';
    return { component: null, problem: { subject, reason: 'InvalidComponent', message, severity: 'error' } };
  }
  const metadataByName = new Map<string, string>();
  const items: readonly unknown[] = Array.isArray(spec?.['metadata']) ? spec['metadata'] : [];
  for (const item of items) {
    const record = recordFrom(item);
    const value = textFrom(record?.['value']);
    if (typeof record?.['name'] === 'string' && value !== null) {
      metadataByName.set(record['name'].toLowerCase(), value);
    }
  }
  const scopes = stringsFrom(manifest.document['scopes']);
  return { component: { subject, name, namespace, type, scopes, metadataByName }, problem: null };
}

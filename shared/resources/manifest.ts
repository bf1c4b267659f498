/** What every manifest has in common: kind, version, name and namespace. Pure. */
import type { Problem, Subject } from '../errors/problem.ts';
import { recordFrom, type UnknownRecord } from './read-field.ts';

/** One document as it was read, and where it stands. */
export interface Manifest {
  readonly document: UnknownRecord;
  /** `examples/resources/github.yaml:12`, `''` when it came from no file. */
  readonly location: string;
}

export type IdentityResult =
  | { readonly subject: Subject; readonly problem: null }
  | { readonly subject: null; readonly problem: Problem };

/** Control characters would break log lines; they cannot stand in a path either. */
const notInSegment = /[/%\x00-\x1f\x7f]/;

/** `kind` of a manifest, `''` when it names none. */
export function kindOf({ document }: Manifest): string {
  return typeof document['kind'] === 'string' ? document['kind'] : '';
}

/** `apiVersion` of a manifest, `''` when it names none. */
export function apiVersionOf({ document }: Manifest): string {
  return typeof document['apiVersion'] === 'string' ? document['apiVersion'] : '';
}

/** Kind, namespace and name of a manifest. The name must be usable as one segment of a path, as Dapr has it. */
export function identityOf(manifest: Manifest): IdentityResult {
  const metadata = recordFrom(manifest.document['metadata']);
  const name = metadata?.['name'];
  const namespace = metadata?.['namespace'];
  const subject = {
    kind: kindOf(manifest),
    namespace: typeof namespace === 'string' ? namespace : '',
    name: typeof name === 'string' ? name : '',
    location: manifest.location,
  };
  const mistake = nameMistake(name);
  if (mistake === null) return { subject, problem: null };
  return {
    subject: null,
    problem: { subject, reason: 'InvalidName', message: `metadata.name ${mistake}`, severity: 'error' },
  };
}

function nameMistake(name: unknown): string | null {
  if (name === undefined || name === null || name === '') return 'is missing';
  if (typeof name !== 'string') return 'must be a string; put it in quotes';
  if (name === '.' || name === '..') return 'must not be a dot segment';
  if (notInSegment.test(name)) return 'must not hold a slash, a percent sign or a control character';
  return null;
}

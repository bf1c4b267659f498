/** `kind: Secret`, v1, as Kubernetes has it: `data` in base64, `stringData` as text and stronger. Pure. */
import type { Problem, Subject } from '../errors/problem.ts';
import { identityOf, type Manifest } from './manifest.ts';
import { recordFrom } from './read-field.ts';

export interface Secret {
  readonly subject: Subject;
  readonly name: string;
  /** `''` when the manifest names none. */
  readonly namespace: string;
  /** Byte strings: one character for each byte, so that nothing is lost of a value that is not text. */
  readonly bytesByKey: ReadonlyMap<string, string>;
}

export type SecretResult =
  | { readonly secret: Secret; readonly problem: null }
  | { readonly secret: null; readonly problem: Problem };

const base64 = /^[A-Za-z0-9+/]*={0,2}$/;

/** Reads a Secret. One bad key refuses it as a whole, as the API server would. Messages hold names, never values. */
export function parseSecret(manifest: Manifest): SecretResult {
  const { subject, problem } = identityOf(manifest);
  if (subject === null) return { secret: null, problem };
  const mistakes: string[] = [];
  const bytesByKey = new Map<string, string>();
  for (const [key, value] of entriesOf(manifest, 'data', mistakes)) {
    const bytes = bytesFromBase64(value);
    if (bytes === null) mistakes.push(`data.${key} is not base64`);
    else bytesByKey.set(key, bytes);
  }
  for (const [key, value] of entriesOf(manifest, 'stringData', mistakes)) bytesByKey.set(key, byteString(value));
  if (mistakes.length === 0) {
    return { secret: { subject, name: subject.name, namespace: subject.namespace, bytesByKey }, problem: null };
  }
  return {
    secret: null,
    problem: { subject, reason: 'InvalidSecret', message: mistakes.join('; '), severity: 'error' },
  };
}

/** The UTF-8 bytes of a text, one character each: how header fields leave node:http. */
export function byteString(text: string): string {
  return /^[\x00-\x7f]*$/.test(text) ? text : Buffer.from(text, 'utf8').toString('latin1');
}

function bytesFromBase64(text: string): string | null {
  const compact = text.replace(/[\r\n]/g, '');
  if (compact.length % 4 !== 0 || !base64.test(compact)) return null;
  return Buffer.from(compact, 'base64').toString('latin1');
}

function* entriesOf(manifest: Manifest, field: string, mistakes: string[]): Generator<[string, string]> {
  const value = manifest.document[field];
  if (value === undefined || value === null) return;
  const record = recordFrom(value);
  if (record === null) {
    mistakes.push(`${field} must be a map of keys to text`);
    return;
  }
  for (const [key, entry] of Object.entries(record)) {
    if (typeof entry === 'string') yield [key, entry];
    else if (entry === null) yield [key, ''];
    else mistakes.push(`${field}.${key} must be a string; put it in quotes`);
  }
}

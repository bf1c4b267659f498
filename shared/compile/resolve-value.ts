/** Turns what was looked up into a value that cannot be printed, or says why there is none. Pure. */
import { byteString } from '../resources/secret.ts';
import { Sensitive } from '../table/sensitive.ts';
import type { Note } from './finding.ts';
import { fingerprint } from './fingerprint.ts';
import type { Lookup } from './look-up-value.ts';

export interface ResolveOptions {
  /** Which field it is, for messages: `header Authorization`. */
  readonly field: string;
  readonly fingerprintKey: string;
  readonly note: Note;
}

/** The value as a byte string. `null`: there is none here, and when that is a mistake, it has been noted. */
export function resolveValue(lookup: Lookup, options: ResolveOptions): Sensitive | null {
  const { field, note } = options;
  switch (lookup.kind) {
    case 'inline':
      return sensitiveFrom(lookup.text, 'inline', options);
    case 'env':
      if (lookup.text === null) {
        const message = `${field}: environment variable ${lookup.name} is not set, so the value is empty`;
        note({ reason: 'EnvNotSet', message, severity: 'warning', origin: 'reference' });
      }
      return sensitiveFrom(lookup.text ?? '', `env ${lookup.name}`, options);
    case 'secret':
      if (lookup.isOverInline) {
        const message = `${field}: it has both a value and a secretKeyRef; the secret is used`;
        note({ reason: 'ValueIgnored', message, severity: 'warning', origin: 'spec' });
      }
      if (lookup.value.reveal() !== '') return lookup.value;
      note({
        reason: 'SecretValueEmpty',
        message: `${field}: ${lookup.value.ref} is empty`,
        severity: 'error',
        origin: 'reference',
      });
      return null;
    case 'unknown-env':
    case 'none':
      return null;
    case 'failed':
      note({ reason: lookup.reason, message: `${field}: ${lookup.message}`, severity: 'error', origin: 'reference' });
      return null;
  }
}

function sensitiveFrom(value: string, ref: string, { field, fingerprintKey }: ResolveOptions): Sensitive {
  return new Sensitive(byteString(value), { ref, version: fingerprint(fingerprintKey, { ref: field, value }) });
}

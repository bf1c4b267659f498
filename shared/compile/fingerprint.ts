/** Digests that change whenever their input does. Pure. */
import { createHmac, hash } from 'node:crypto';

/** 128 bits are enough to tell contents apart, and short enough for a log line. */
const hexDigits = 32;

/** Digest of something that is not secret. */
export function digestOf(text: string): string {
  return hash('sha256', text, 'hex').slice(0, hexDigits);
}

/** Digest that says nothing about the value to anybody who does not have the key. `ref` keeps equal values apart. */
export function fingerprint(key: string, { ref, value }: { readonly ref: string; readonly value: string }): string {
  return createHmac('sha256', key).update(`${ref}\0${value}`).digest('hex').slice(0, hexDigits);
}

/** JSON with the fields of every object in order of name, so that equal content gives equal text. */
export function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_key, field: unknown) =>
    typeof field === 'object' && field !== null && !Array.isArray(field)
      ? Object.fromEntries(Object.entries(field).toSorted(([a], [b]) => (a < b ? -1 : 1)))
      : field,
  );
}

/** JSON of the API server, without losing digits: an unquoted `value: 1234567890123456789` is somebody's account or token. Pure. */

/** Whole numbers that a double cannot hold look like this; so does text in quotes now and then, which only costs time. */
const longNumber = /[[:,\s]-?\d{16}/;

/** As JSON.parse, with a bigint for each whole number that a number cannot hold. Throws SyntaxError. */
export function parseJson(text: string): unknown {
  return longNumber.test(text) ? JSON.parse(text, withAllDigits) : JSON.parse(text);
}

/** TypeScript's library does not know the third argument yet (ES2026). */
function withAllDigits(_key: string, value: unknown, { source }: { readonly source?: string } = {}): unknown {
  if (typeof value !== 'number' || Number.isSafeInteger(value) || source === undefined) return value;
  return /^-?\d+$/.test(source) ? BigInt(source) : value;
}

/** Trailer fields for node:http2, in either direction. */
import { fieldPairs } from './field-pairs.ts';

/** Values by lower-case name, repeated ones joined (RFC 9110 §5.3): node throws for a list of some names, where nobody could catch it. */
export function joinedFields(flat: readonly string[]): Record<string, string> {
  const valueByName = new Map<string, string>();
  for (const [name, value] of fieldPairs(flat)) {
    const lowerName = name.toLowerCase();
    const present = valueByName.get(lowerName);
    valueByName.set(lowerName, present === undefined ? value : `${present}, ${value}`);
  }
  return Object.fromEntries(valueByName);
}

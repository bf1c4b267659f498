/** Slips in the names of a document's fields. Names that are like none that is known are passed over, as in Dapr. Pure. */
import { nearestName } from '../settings/nearest-name.ts';
import { recordFrom } from './read-field.ts';

/** The fields that are known, and what is known within them; lists are looked at item by item. */
export interface KnownFields {
  readonly [name: string]: KnownFields | null;
}

/** No known name is nearly as long. */
const maxNameLength = 32;

/** A sentence for each, which begins with the field. */
export function fieldSlips(value: unknown, known: KnownFields, path = ''): readonly string[] {
  if (Array.isArray(value)) return value.flatMap((item, index) => fieldSlips(item, known, `${path}[${index}]`));
  return Object.entries(recordFrom(value) ?? {}).flatMap(([name, inner]) => {
    const at = path === '' ? name : `${path}.${name}`;
    if (Object.hasOwn(known, name)) {
      const fields = known[name] ?? null;
      return fields === null ? [] : fieldSlips(inner, fields, at);
    }
    const meant = meantName(name, Object.keys(known));
    return meant === null ? [] : [`${at} is not known; is ${meant} meant?`];
  });
}

function meantName(name: string, names: readonly string[]): string | null {
  if (name.length > maxNameLength) return null;
  const lowerCased = names.map((known) => known.toLowerCase());
  const nearest = nearestName(name.toLowerCase(), lowerCased);
  return nearest === null ? null : (names[lowerCased.indexOf(nearest)] ?? null);
}

/**
 * The difference of two JSON documents as a JSON patch (RFC 6902), in time that grows with their size: whoever may make
 * pods chooses how long their lists are, and the libraries that look for the shortest patch take the square of that.
 */
import { isDeepStrictEqual } from 'node:util';
import { recordFrom, type UnknownRecord } from '#shared/resources/read-field.ts';

export type PatchOperation =
  | { readonly op: 'add' | 'replace'; readonly path: string; readonly value: unknown }
  | { readonly op: 'remove'; readonly path: string };

/** Operations that make `after` of `before`, one after the other. */
export function jsonPatch(before: unknown, after: unknown): readonly PatchOperation[] {
  const operations: PatchOperation[] = [];
  compare(before, after, { path: '', operations });
  return operations;
}

interface Place {
  /** JSON pointer. */
  readonly path: string;
  readonly operations: PatchOperation[];
}

function compare(before: unknown, after: unknown, place: Place): void {
  if (before === after) return;
  if (Array.isArray(before) && Array.isArray(after)) return compareLists(before, after, place);
  const left = recordFrom(before);
  const right = recordFrom(after);
  if (left !== null && right !== null) return compareRecords(left, right, place);
  place.operations.push({ op: 'replace', path: place.path, value: after });
}

function compareRecords(before: UnknownRecord, after: UnknownRecord, { path, operations }: Place): void {
  for (const key of Object.keys(before)) {
    if (!Object.hasOwn(after, key)) operations.push({ op: 'remove', path: `${path}/${escaped(key)}` });
  }
  for (const [key, value] of Object.entries(after)) {
    const keyPath = `${path}/${escaped(key)}`;
    if (Object.hasOwn(before, key)) compare(before[key], value, { path: keyPath, operations });
    else operations.push({ op: 'add', path: keyPath, value });
  }
}

/** What corresponds at both ends stays, and is compared; what is between is taken out, and the new put in. */
function compareLists(before: readonly unknown[], after: readonly unknown[], { path, operations }: Place): void {
  const shorter = Math.min(before.length, after.length);
  let tail = 0;
  while (tail < shorter && corresponds(before.at(-1 - tail), after.at(-1 - tail))) tail++;
  let head = 0;
  while (head < shorter - tail && corresponds(before[head], after[head])) head++;
  for (let index = before.length - tail - 1; index >= head; index--) {
    operations.push({ op: 'remove', path: `${path}/${index}` });
  }
  for (let index = head; index < after.length - tail; index++) {
    operations.push({ op: 'add', path: `${path}/${index}`, value: after[index] });
  }
  for (let index = 0; index < head; index++) {
    compare(before[index], after[index], { path: `${path}/${index}`, operations });
  }
  for (let index = tail; index > 0; index--) {
    const place = { path: `${path}/${after.length - index}`, operations };
    compare(before.at(-index), after.at(-index), place);
  }
}

/** Containers, variables and volumes are known by their names. */
function corresponds(before: unknown, after: unknown): boolean {
  if (before === after) return true;
  const name = recordFrom(before)?.['name'];
  if (typeof name === 'string') return name === recordFrom(after)?.['name'];
  return isDeepStrictEqual(before, after);
}

/** As a part of a JSON pointer (RFC 6901). */
function escaped(key: string): string {
  return key.replaceAll('~', '~0').replaceAll('/', '~1');
}

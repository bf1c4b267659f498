/** Sets of characters as a class of a regular expression holds them. Pure. */

/** Of UTF-16, both ends included. */
export type Range = readonly [from: number, to: number];

/** What is beyond comes as two of them. */
export const lastUnit = 0xffff;

/** What is in none of them; they are in order and apart. */
export function complementOf(ranges: readonly Range[]): readonly Range[] {
  const complement: Range[] = [];
  let next = 0;
  for (const [from, to] of ranges) {
    if (from > next) complement.push([next, from - 1]);
    next = to + 1;
  }
  if (next <= lastUnit) complement.push([next, lastUnit]);
  return complement;
}

/** The part of `range` within `within`, moved; empty where there is none. */
export function movedPart([from, to]: Range, [least, most]: Range, by: number): readonly Range[] {
  const first = Math.max(from, least);
  const last = Math.min(to, most);
  return first > last ? [] : [[first + by, last + by]];
}

/** `[a-f]`, or `[^a-f]` where it is negated. */
export function classOf(ranges: readonly Range[], { isNegated }: { readonly isNegated: boolean }): string {
  const items = ranges.map(([from, to]) => (from === to ? sourceOf(from) : `${sourceOf(from)}-${sourceOf(to)}`));
  return `[${isNegated ? '^' : ''}${items.join('')}]`;
}

/** One character, wherever it stands. */
export function sourceOf(unit: number): string {
  const character = String.fromCharCode(unit);
  return /[\w/]/.test(character) ? character : `\\u${unit.toString(16).padStart(4, '0')}`;
}

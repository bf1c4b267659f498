/** `matching`: lists of status codes and ranges such as `429, 502-504` (spec/resiliency.md §4). Pure. */
import type { StatusRange } from '../table/resilience.ts';

export type StatusRangesResult =
  /** In order, none of them touching another: at most half as many as there are codes. */
  | { readonly ranges: readonly StatusRange[]; readonly mistake: null }
  /** A sentence part: `600 is no code from 100 to 599`. */
  | { readonly ranges: null; readonly mistake: string };

const itemForm = /^(\d{1,9})(?:\s*-\s*(\d{1,9}))?$/;

export const httpStatuses: StatusRange = { from: 100, to: 599 };
export const grpcStatuses: StatusRange = { from: 0, to: 16 };

/** Reads a list. Empty items are skipped, and so is space, which Dapr refuses. A list of nothing matches nothing. */
export function parseStatusRanges(text: string, allowed: StatusRange): StatusRangesResult {
  const ranges: StatusRange[] = [];
  for (const item of text.split(',').map((part) => part.trim())) {
    if (item === '') continue;
    const match = itemForm.exec(item);
    if (match === null) return mistaken(`${shortened(item)} is neither a code nor a range such as 502-504`);
    const [, first = '', last = first] = match;
    const range = { from: Number(first), to: Number(last) };
    const stray = [range.from, range.to].find((code) => code < allowed.from || code > allowed.to);
    if (stray !== undefined) return mistaken(`${stray} is no code from ${allowed.from} to ${allowed.to}`);
    if (range.to < range.from) return mistaken(`${item} ends before it begins`);
    ranges.push(range);
  }
  return { ranges: joined(ranges), mistake: null };
}

function joined(ranges: readonly StatusRange[]): readonly StatusRange[] {
  const result: StatusRange[] = [];
  for (const range of ranges.toSorted((a, b) => a.from - b.from)) {
    const last = result.at(-1);
    if (last === undefined || range.from > last.to + 1) result.push(range);
    else result[result.length - 1] = { from: last.from, to: Math.max(last.to, range.to) };
  }
  return result;
}

function shortened(item: string): string {
  return item.length <= 40 ? item : `${item.slice(0, 40).toWellFormed()}…`;
}

function mistaken(mistake: string): StatusRangesResult {
  return { ranges: null, mistake };
}

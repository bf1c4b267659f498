/** Entries of several resources by name, where a later one replaces an earlier one, as Dapr has it. Pure. */
import { fieldPath, pointerOf } from '../resources/schema-mistake.ts';
import type { Resiliency } from '../resources/resiliency.ts';

export interface Owned<Value> {
  readonly resource: Resiliency;
  readonly value: Value;
}

/** Says something about a resource. */
export type NoteOn = (
  resource: Resiliency,
  finding: { readonly severity: 'error' | 'warning'; readonly reason: string; readonly message: string },
) => void;

export interface EntryKind<Value> {
  /** Where they stand: `['spec', 'policies', 'retries']`. */
  readonly steps: readonly string[];
  readonly entriesOf: (resource: Resiliency) => Iterable<readonly [string, Value]>;
  readonly note: NoteOn;
}

/** Merges them. Each resource whose entry is replaced is told by which other. */
export function lastOfEachName<Value>(
  resources: readonly Resiliency[],
  { steps, entriesOf, note }: EntryKind<Value>,
): ReadonlyMap<string, Owned<Value>> {
  const lastByName = new Map<string, Owned<Value>>();
  const all = resources.flatMap((resource) =>
    [...entriesOf(resource)].map(([name, value]) => ({ name, owned: { resource, value } })),
  );
  for (const { name, owned } of all) lastByName.set(name, owned);
  for (const { name, owned } of all) {
    const last = lastByName.get(name);
    if (last === undefined || last === owned) continue;
    const message = `${fieldPath(pointerOf([...steps, name]))} is not used: Resiliency ${placeOf(last.resource)} has one of that name`;
    note(owned.resource, { severity: 'warning', reason: 'Overridden', message });
  }
  return lastByName;
}

function placeOf({ name, subject }: Resiliency): string {
  return subject.location === '' ? name : `${name} in ${subject.location}`;
}

/** Small readers for documents whose shape is not known yet. Pure. */

export type UnknownRecord = Readonly<Record<string, unknown>>;

/** The value as a record, or `null` when it is none. */
export function recordFrom(value: unknown): UnknownRecord | null {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as UnknownRecord) : null;
}

/** The strings of a list; everything else, and what is no list, is left out. */
export function stringsFrom(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.filter((item) => typeof item === 'string') : [];
}

/**
 * A value that may be any JSON, as text: a string is itself, anything else its compact JSON
 * (spec/httpendpoint.md §1). `null` when there is none.
 */
export function textFrom(value: unknown): string | null {
  if (value === undefined || value === null) return null;
  return typeof value === 'string' ? value : compactJson(value);
}

/** Whole numbers come from YAML as bigint, so that none loses digits; JSON.stringify refuses those. */
function compactJson(value: unknown): string {
  if (typeof value === 'bigint') return String(value);
  if (Array.isArray(value)) return `[${value.map(compactJson).join(',')}]`;
  const record = recordFrom(value);
  if (record === null) return JSON.stringify(value) ?? 'null';
  const fields = Object.entries(record).map(([name, field]) => `${JSON.stringify(name)}:${compactJson(field)}`);
  return `{${fields.join(',')}}`;
}

/** A copy without the fields that are null: in a manifest, `scopes:` with nothing after it means no scopes. */
export function withoutNulls(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutNulls);
  const record = recordFrom(value);
  if (record === null) return value;
  const copy: Record<string, unknown> = {};
  for (const [name, field] of Object.entries(record)) {
    if (field === null || field === undefined) continue;
    // Not by assignment, which would take a field named __proto__ for something else.
    Object.defineProperty(copy, name, { value: withoutNulls(field), enumerable: true, writable: true });
  }
  return copy;
}

/** The fields of one policy whose kinds the schema has checked, and every mistake in what they say. Pure. */
import type { UnknownRecord } from '../resources/read-field.ts';
import { msFromDurationOrNumber } from '../settings/duration-or-number.ts';
import { nearestName } from '../settings/nearest-name.ts';

/** A policy, or why there is none. */
export interface Decoded<Policy> {
  /** Null when there are mistakes. */
  readonly policy: Policy | null;
  /** Clauses that begin with the field: `maxRequests must not be negative`. */
  readonly mistakes: readonly string[];
  readonly warnings: readonly string[];
}

/** Go's int32, which is more than anybody waits for. */
const maxCount = 2_147_483_647;

export class PolicyFields {
  readonly mistakes: string[] = [];
  readonly warnings: string[] = [];
  readonly #fields: UnknownRecord;

  constructor(fields: UnknownRecord) {
    this.#fields = fields;
  }

  has(name: string): boolean {
    return this.#fields[name] !== undefined && this.#fields[name] !== null;
  }

  /** `''` where the field is not given. */
  text(name: string): string {
    const value = this.#fields[name];
    return typeof value === 'string' ? value : '';
  }

  number(name: string, fallback: number): number {
    const value = this.#fields[name];
    // Whole numbers come from YAML as bigint.
    const isNumber = typeof value === 'number' || typeof value === 'bigint';
    return isNumber ? Math.min(Number(value), maxCount) : fallback;
  }

  /** An empty text is a field that is not given, as in Dapr. */
  durationMs(name: string, fallbackMs: number): number {
    const text = this.text(name);
    if (text === '') return fallbackMs;
    const ms = msFromDurationOrNumber(text);
    if (ms === null) this.mistakes.push(`${name} is no duration such as 5s, nor a whole number of milliseconds`);
    else if (ms < 0) this.mistakes.push(`${name} must not be negative`);
    return ms ?? fallbackMs;
  }

  /** A slip in a name would go unnoticed. The API server drops such fields before anybody sees them. */
  warnOfOthers(known: readonly string[]): void {
    for (const name of Object.keys(this.#fields)) {
      if (known.includes(name)) continue;
      const nearest = nearestName(name, known, Math.ceil(name.length / 2.5));
      this.warnings.push(`${name} is not known and has no effect${nearest === null ? '' : `; is ${nearest} meant?`}`);
    }
  }

  decoded<Policy>(policy: Policy): Decoded<Policy> {
    const { mistakes, warnings } = this;
    return { policy: mistakes.length === 0 ? policy : null, mistakes, warnings };
  }
}

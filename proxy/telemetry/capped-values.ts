/** The values that one label may take: the first so many, then `other`. */
import { ownCopy } from '#shared/memory/own-copy.ts';

export const otherLabel = 'other';

export class CappedValues {
  readonly #max: number;
  readonly #seen = new Set<string>();

  constructor(max: number) {
    this.#max = max;
  }

  /** The value when it is known or there is room for it, otherwise `other`. */
  admit(value: string): string {
    if (value === '' || value === otherLabel || this.#seen.has(value)) return value;
    if (this.#seen.size >= this.#max) return otherLabel;
    const copy = ownCopy(value);
    this.#seen.add(copy);
    return copy;
  }
}

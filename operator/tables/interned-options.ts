/** One object for equal options, for as long as anybody holds it: what nobody uses is not kept, and so no former secret. */
import type { TableOptions } from '#shared/table/endpoint-table.ts';

/** So few are looked through for ones that are gone whenever there is another. */
const fewOptions = 64;

export class InternedOptions {
  readonly #optionsByDigest = new Map<string, WeakRef<TableOptions>>();
  #pruneAbove = fewOptions;

  /** The object for this digest: these options, or equal ones that came before. */
  of(options: TableOptions, digest: string): TableOptions {
    const known = this.#optionsByDigest.get(digest)?.deref();
    if (known !== undefined) return known;
    this.#optionsByDigest.set(digest, new WeakRef(options));
    if (this.#optionsByDigest.size > this.#pruneAbove) this.#prune();
    return options;
  }

  #prune(): void {
    for (const [digest, options] of this.#optionsByDigest) {
      if (options.deref() === undefined) this.#optionsByDigest.delete(digest);
    }
    this.#pruneAbove = Math.max(fewOptions, 2 * this.#optionsByDigest.size);
  }
}

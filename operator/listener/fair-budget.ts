/**
 * A budget of bytes for holders who are not known, such as addresses: each may hold as much as it leaves free, so that some
 * hold a lot while they are alone, and nobody can keep the others from holding a little.
 */
import type { Budget } from '#shared/memory/byte-budget.ts';

export class FairBudget {
  readonly #maxBytes: number;
  readonly #bytesByHolder = new Map<string, number>();
  #bytes = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** The budget as this one has it. */
  of(holder: string): Budget {
    return {
      take: (bytes) => {
        const own = (this.#bytesByHolder.get(holder) ?? 0) + bytes;
        if (own > this.#maxBytes - this.#bytes - bytes) return false;
        this.#hold(holder, own, bytes);
        return true;
      },
      give: (bytes) => this.#hold(holder, (this.#bytesByHolder.get(holder) ?? 0) - bytes, -bytes),
    };
  }

  #hold(holder: string, own: number, more: number): void {
    this.#bytes += more;
    if (own === 0) this.#bytesByHolder.delete(holder);
    else this.#bytesByHolder.set(holder, own);
  }
}

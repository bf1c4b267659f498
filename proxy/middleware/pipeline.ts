/** Middleware in order, the first one outermost: each sees a request only when all before it have let it go on. */
import type { MiddlewareRequest, Verdict } from './middleware.ts';
import type { MiddlewareSlot } from './middleware-slot.ts';

export class Pipeline {
  readonly #slots: readonly MiddlewareSlot[];

  constructor(slots: readonly MiddlewareSlot[]) {
    this.#slots = slots;
  }

  /** Without a promise as long as nobody has to wait. Throws ProxyError, or rejects with one. */
  pass(request: MiddlewareRequest): Verdict | Promise<Verdict> {
    for (let index = 0; index < this.#slots.length; index += 1) {
      const verdict = this.#slots[index]?.decide(request) ?? null;
      if (verdict instanceof Promise) return this.#passRest(request, { first: verdict, next: index + 1 });
      if (verdict !== null) return verdict;
    }
    return null;
  }

  async #passRest(
    request: MiddlewareRequest,
    { first, next }: { readonly first: Promise<Verdict>; readonly next: number },
  ): Promise<Verdict> {
    for (const slot of this.#slots) slot.hold();
    try {
      let verdict = await first;
      for (const slot of this.#slots.slice(next)) {
        if (verdict !== null) break;
        verdict = await slot.decide(request);
      }
      return verdict;
    } finally {
      for (const slot of this.#slots) slot.letGo();
    }
  }
}

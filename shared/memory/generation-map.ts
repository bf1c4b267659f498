/**
 * A cache that keeps what was used lately, in two generations, and forgets the rest. For what each request asks for: finding
 * something costs no more than in a Map, where a RecentMap puts it in another place.
 */
import { ownCopy } from './own-copy.ts';

/** A longer key is looked up each time rather than kept. */
const maxKeyLength = 1_024;

/** Holds at most twice `entriesPerGeneration` values. */
export class GenerationMap<Value> {
  readonly #entriesPerGeneration: number;
  #young = new Map<string, Value>();
  #old = new Map<string, Value>();

  constructor(entriesPerGeneration: number) {
    this.#entriesPerGeneration = entriesPerGeneration;
  }

  get(key: string): Value | undefined {
    const young = this.#young.get(key);
    if (young !== undefined) return young;
    const old = this.#old.get(key);
    if (old !== undefined) this.set(key, old);
    return old;
  }

  set(key: string, value: Value): void {
    if (key.length > maxKeyLength) return;
    if (this.#young.size >= this.#entriesPerGeneration) {
      this.#old = this.#young;
      this.#young = new Map();
    }
    this.#young.set(ownCopy(key), value);
  }

  get size(): number {
    return this.#young.size + this.#old.size;
  }
}

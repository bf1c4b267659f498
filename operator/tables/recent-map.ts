/** A map that forgets what was not asked for longest, once it is full. For what can be made again. */

export class RecentMap<Value> {
  readonly #valuesByKey = new Map<string, Value>();
  readonly #maxSize: number;

  constructor(maxSize: number) {
    this.#maxSize = maxSize;
  }

  get(key: string): Value | undefined {
    const value = this.#valuesByKey.get(key);
    if (value === undefined) return undefined;
    this.#valuesByKey.delete(key);
    this.#valuesByKey.set(key, value);
    return value;
  }

  /** As `get`, without asking for it. */
  peek(key: string): Value | undefined {
    return this.#valuesByKey.get(key);
  }

  /** All of them as they are now, the one that was not asked for longest first. */
  entries(): readonly (readonly [key: string, value: Value])[] {
    return [...this.#valuesByKey];
  }

  /** Returns what was forgotten for it. */
  set(key: string, value: Value): Value | null {
    this.#valuesByKey.delete(key);
    this.#valuesByKey.set(key, value);
    if (this.#valuesByKey.size <= this.#maxSize) return null;
    for (const [oldest, forgotten] of this.#valuesByKey) {
      this.#valuesByKey.delete(oldest);
      return forgotten;
    }
    return null;
  }

  /** Puts another value in the place of one that is there. */
  replace(key: string, value: Value): void {
    if (this.#valuesByKey.has(key)) this.#valuesByKey.set(key, value);
  }

  delete(key: string): void {
    this.#valuesByKey.delete(key);
  }
}

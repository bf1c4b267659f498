/**
 * A map that forgets what was not asked for longest, once it is full. For what can be made again. Past some ten thousand entries
 * it pauses for milliseconds now and then: a Map that is reordered again and again is rebuilt.
 */

export class RecentMap<Value> {
  readonly #valuesByKey = new Map<string, Value>();
  readonly #maxSize: number;

  constructor(maxSize: number) {
    this.#maxSize = maxSize;
  }

  get size(): number {
    return this.#valuesByKey.size;
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

  /** Those that are there when their turn comes, the one that was not asked for longest first. */
  entries(): MapIterator<[key: string, value: Value]> {
    return this.#valuesByKey.entries();
  }

  values(): MapIterator<Value> {
    return this.#valuesByKey.values();
  }

  /** Puts it where one that was just asked for is. Returns what was forgotten for it. */
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

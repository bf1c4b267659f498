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

  set(key: string, value: Value): void {
    this.#valuesByKey.delete(key);
    this.#valuesByKey.set(key, value);
    if (this.#valuesByKey.size <= this.#maxSize) return;
    for (const oldest of this.#valuesByKey.keys()) {
      this.#valuesByKey.delete(oldest);
      return;
    }
  }
}

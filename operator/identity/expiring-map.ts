/** A bounded map whose entries end by themselves: what is oldest goes first when it is full. */
import type { Clock } from '#shared/clock/clock.ts';

export interface ExpiringMapOptions {
  readonly clock: Clock;
  readonly maxEntries: number;
}

interface Entry<V> {
  readonly value: V;
  readonly endsAtMs: number;
}

export class ExpiringMap<V> {
  readonly #options: ExpiringMapOptions;
  readonly #entries = new Map<string, Entry<V>>();

  constructor(options: ExpiringMapOptions) {
    this.#options = options;
  }

  get size(): number {
    return this.#entries.size;
  }

  get(key: string): V | undefined {
    const entry = this.#entries.get(key);
    if (entry === undefined) return undefined;
    if (entry.endsAtMs > this.#options.clock.monotonicMs()) return entry.value;
    this.#entries.delete(key);
    return undefined;
  }

  set(key: string, value: V, { lifetimeMs }: { readonly lifetimeMs: number }): void {
    const nowMs = this.#options.clock.monotonicMs();
    this.#entries.delete(key);
    this.#entries.set(key, { value, endsAtMs: nowMs + lifetimeMs });
    for (const [oldest, { endsAtMs }] of this.#entries) {
      if (this.#entries.size <= this.#options.maxEntries && endsAtMs > nowMs) break;
      this.#entries.delete(oldest);
    }
  }

  delete(key: string): void {
    this.#entries.delete(key);
  }

  deleteWhere(matches: (value: V) => boolean): void {
    for (const [key, { value }] of this.#entries) if (matches(value)) this.#entries.delete(key);
  }
}

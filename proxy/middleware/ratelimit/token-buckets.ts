/**
 * Token buckets in continuous time, one a key. A bucket is one number, the moment at which it will be full again; a full one
 * need not be kept, so these are forgotten first when there are too many. There may be a million keys, of which a RecentMap
 * pauses for a tenth of a second at a time; lru-cache does not.
 */
import { LRUCache } from 'lru-cache';
import { ownCopy } from '#shared/memory/own-copy.ts';

export interface TokenBucketsOptions {
  readonly tokensPerSecond: number;
  /** What a full bucket holds. */
  readonly burst: number;
  readonly maxKeys: number;
}

/** Buckets that are looked at for a full one, those not used for longest first; if there is none, the first of them goes. */
const maxLooks = 16;
/** For one token: 30,000 years, and a number that can be reckoned with. */
const longestMs = 1e15;

export class TokenBuckets {
  readonly #fullAtMsByKey: LRUCache<string, number>;
  readonly #maxKeys: number;
  readonly #msPerToken: number;
  /** From empty to full. */
  readonly #fillMs: number;

  constructor({ tokensPerSecond, burst, maxKeys }: TokenBucketsOptions) {
    this.#fullAtMsByKey = new LRUCache({ max: maxKeys });
    this.#maxKeys = maxKeys;
    this.#msPerToken = Math.min(1000 / tokensPerSecond, longestMs);
    this.#fillMs = burst * this.#msPerToken;
  }

  get size(): number {
    return this.#fullAtMsByKey.size;
  }

  /** Takes a token: 0. Without one: the milliseconds until there is one, and nothing is taken. */
  take(key: string, nowMs: number): number {
    const known = this.#fullAtMsByKey.get(key);
    const fullAtMs = Math.max(known ?? nowMs, nowMs) + this.#msPerToken;
    const missingMs = fullAtMs - nowMs - this.#fillMs;
    // A millionth of a token is what adding up may have lost.
    if (missingMs > this.#msPerToken / 1e6) return missingMs;
    if (known !== undefined) this.#fullAtMsByKey.set(key, fullAtMs);
    else this.#add(ownCopy(key), { fullAtMs, nowMs });
    return 0;
  }

  #add(key: string, { fullAtMs, nowMs }: { readonly fullAtMs: number; readonly nowMs: number }): void {
    if (this.#fullAtMsByKey.size >= this.#maxKeys) this.#forgetFull(nowMs);
    this.#fullAtMsByKey.set(key, fullAtMs);
  }

  #forgetFull(nowMs: number): void {
    for (const key of this.#fullAtMsByKey.rkeys().take(maxLooks)) {
      if ((this.#fullAtMsByKey.peek(key) ?? 0) > nowMs) continue;
      this.#fullAtMsByKey.delete(key);
      return;
    }
  }
}

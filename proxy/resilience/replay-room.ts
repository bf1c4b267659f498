/** How much of request bodies is kept for retries: by one call, and by all calls together. */

export interface ReplayLimits {
  readonly bytesPerCall: number;
  readonly bytesInAll: number;
}

export class ReplayRoom {
  readonly #limits: ReplayLimits;
  #taken = 0;

  constructor(limits: ReplayLimits) {
    this.#limits = limits;
  }

  get bytesPerCall(): number {
    return this.#limits.bytesPerCall;
  }

  /** Whether there is room for so many bytes more; every success is owed a `give`. */
  tryTake(bytes: number): boolean {
    if (this.#taken + bytes > this.#limits.bytesInAll) return false;
    this.#taken += bytes;
    return true;
  }

  give(bytes: number): void {
    this.#taken -= bytes;
  }
}

/** Which objects are to be looked at or written, each once: bounded by how many objects there are. */

export class StatusQueue {
  /** To be looked at. */
  readonly #marked = new Set<string>();
  /** Looked at, and to be written. */
  readonly #urgent = new Set<string>();
  readonly #patient = new Set<string>();
  /** To be looked at, but not before. */
  readonly #dueByKey = new Map<string, number>();
  #nextDueMs = Infinity;

  /** How many wait to be written. */
  get waiting(): number {
    return this.#urgent.size + this.#patient.size;
  }

  /** Whether something is to be looked at now. */
  get hasMarked(): boolean {
    return this.#marked.size > 0;
  }

  /** Look at it, now or at `dueMs` of the monotonic clock; the earlier of several holds. */
  mark(key: string, dueMs = -Infinity): void {
    if (dueMs === -Infinity) {
      this.#dueByKey.delete(key);
      this.#marked.add(key);
      return;
    }
    if (this.#marked.has(key)) return;
    const due = Math.min(dueMs, this.#dueByKey.get(key) ?? Infinity);
    this.#dueByKey.set(key, due);
    this.#nextDueMs = Math.min(this.#nextDueMs, due);
  }

  /** Write it when there is a token. */
  wait(key: string, urgency: 'now' | 'later'): void {
    this.forgetWrite(key);
    (urgency === 'now' ? this.#urgent : this.#patient).add(key);
  }

  /** It says already what it should. */
  forgetWrite(key: string): void {
    this.#urgent.delete(key);
    this.#patient.delete(key);
  }

  /** The next one to look at; null: none is due. */
  takeMarked(nowMs: number): string | null {
    if (nowMs >= this.#nextDueMs) this.#promote(nowMs);
    return takeFirst(this.#marked);
  }

  /** The next one to write; null: none. */
  takeWaiting(): string | null {
    return takeFirst(this.#urgent) ?? takeFirst(this.#patient);
  }

  /** When something falls due that is not now; Infinity: never. */
  get nextDueMs(): number {
    return this.#nextDueMs;
  }

  #promote(nowMs: number): void {
    this.#nextDueMs = Infinity;
    for (const [key, dueMs] of this.#dueByKey) {
      if (dueMs <= nowMs) {
        this.#dueByKey.delete(key);
        this.#marked.add(key);
      } else {
        this.#nextDueMs = Math.min(this.#nextDueMs, dueMs);
      }
    }
  }
}

function takeFirst(keys: Set<string>): string | null {
  for (const key of keys) {
    keys.delete(key);
    return key;
  }
  return null;
}

/** What is to be said about each object of a kind, and who wants to know when it becomes something else. */
import type { Finding } from '#shared/compile/finding.ts';

export class ReportBoard<Report> {
  readonly #findingsOf: (report: Report) => readonly Pick<Finding, 'reason'>[];
  readonly #reportsByKey = new Map<string, Report>();
  readonly #listeners = new Set<(keys: ReadonlySet<string>) => void>();
  readonly #countsByReason = new Map<string, number>();
  #changed = new Set<string>();

  constructor(findingsOf: (report: Report) => readonly Pick<Finding, 'reason'>[]) {
    this.#findingsOf = findingsOf;
  }

  get(key: string): Report | null {
    return this.#reportsByKey.get(key) ?? null;
  }

  /** How many objects have a problem, by its reason. */
  get countsByReason(): ReadonlyMap<string, number> {
    return this.#countsByReason;
  }

  /** `null`: there is nothing to be said, as when the object is gone. Says whether it is another one. */
  set(key: string, report: Report | null): boolean {
    const former = this.get(key);
    if (isSameReport(former, report)) return false;
    this.#count(former, -1);
    this.#count(report, 1);
    if (report === null) this.#reportsByKey.delete(key);
    else this.#reportsByKey.set(key, report);
    this.#changed.add(key);
    return true;
  }

  /** Calls back with the keys whose report changed. Returns the way to stop. */
  onChanged(listener: (keys: ReadonlySet<string>) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /** Tells the listeners what changed since the last time. */
  tell(): void {
    if (this.#changed.size === 0) return;
    const keys = this.#changed;
    this.#changed = new Set();
    for (const listener of this.#listeners) listener(keys);
  }

  #count(report: Report | null, difference: number): void {
    if (report === null) return;
    for (const reason of new Set(this.#findingsOf(report).map((finding) => finding.reason))) {
      const count = (this.#countsByReason.get(reason) ?? 0) + difference;
      if (count === 0) this.#countsByReason.delete(reason);
      else this.#countsByReason.set(reason, count);
    }
  }
}

function isSameReport(a: unknown, b: unknown): boolean {
  return a === b || (a !== null && b !== null && JSON.stringify(a) === JSON.stringify(b));
}

/** What is to be said about each endpoint, and who wants to know when it becomes something else. */
import type { EndpointReport } from '../status/endpoint-report.ts';

export class EndpointReports {
  readonly #reportsByKey = new Map<string, EndpointReport>();
  readonly #listeners = new Set<(keys: ReadonlySet<string>) => void>();
  readonly #countsByReason = new Map<string, number>();
  #changed = new Set<string>();

  get(key: string): EndpointReport | null {
    return this.#reportsByKey.get(key) ?? null;
  }

  /** How many endpoints have a problem, by its reason. */
  get countsByReason(): ReadonlyMap<string, number> {
    return this.#countsByReason;
  }

  /** `null`: the endpoint is gone. */
  set(key: string, report: EndpointReport | null): void {
    const former = this.get(key);
    if (isSameReport(former, report)) return;
    this.#count(former, -1);
    this.#count(report, 1);
    if (report === null) this.#reportsByKey.delete(key);
    else this.#reportsByKey.set(key, report);
    this.#changed.add(key);
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

  #count(report: EndpointReport | null, difference: number): void {
    if (report === null) return;
    const findings = [...report.specFindings, ...report.referenceFindings];
    for (const reason of new Set(findings.map((finding) => finding.reason))) {
      const count = (this.#countsByReason.get(reason) ?? 0) + difference;
      if (count === 0) this.#countsByReason.delete(reason);
      else this.#countsByReason.set(reason, count);
    }
  }
}

function isSameReport(a: EndpointReport | null, b: EndpointReport | null): boolean {
  return a === b || (a !== null && b !== null && JSON.stringify(a) === JSON.stringify(b));
}

/** What must be true before the proxy calls itself ready, and what is not yet. */

export type ReadinessTarget = 'endpoints' | 'listeners' | 'app' | 'running';

/** `outbound` readiness leaves the application out (spec/observability.md §5). */
export class Readiness {
  readonly #missing = new Set<ReadinessTarget>();

  /** Everything named is missing until `set`. */
  constructor(targets: readonly ReadinessTarget[]) {
    for (const target of targets) this.#missing.add(target);
  }

  set(target: ReadinessTarget): void {
    this.#missing.delete(target);
  }

  withdraw(target: ReadinessTarget): void {
    this.#missing.add(target);
  }

  get missing(): readonly ReadinessTarget[] {
    return [...this.#missing];
  }

  get isReady(): boolean {
    return this.#missing.size === 0;
  }

  get isOutboundReady(): boolean {
    return this.missing.every((target) => target === 'app');
  }
}

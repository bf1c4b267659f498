/** What is missing before proxies can be served, for /readyz: each step has a sentence until it is done. */

export type StartStep = 'authority' | 'webhooks' | 'tables' | 'listener' | 'running';

const sentences: Readonly<Record<StartStep, string>> = {
  authority: "the operator's Secret with its certificate authority is not read yet: the API server has not answered",
  webhooks: 'the listener for webhooks is not open yet',
  tables: 'the tables are not compiled yet',
  listener: 'the listener for proxies is not open yet',
  running: 'the operator shuts down',
};

export class Readiness {
  readonly #missing = new Set<StartStep>(['authority', 'webhooks', 'tables', 'listener']);
  /** More to say than a step's sentence. */
  readonly #details: () => readonly string[];

  constructor(details: () => readonly string[]) {
    this.#details = details;
  }

  done(step: StartStep): void {
    this.#missing.delete(step);
  }

  withdraw(step: StartStep): void {
    this.#missing.add(step);
  }

  /** Empty: ready. */
  missing(): readonly string[] {
    if (this.#missing.size === 0) return [];
    const [first] = this.#missing;
    return [...(first === undefined ? [] : [sentences[first]]), ...this.#details()];
  }
}

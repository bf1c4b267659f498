/** So many at once, the others in the order in which they came. Who lets others in bounds how many wait. */

export class Turns {
  readonly #maxAtOnce: number;
  readonly #waiting: (() => void)[] = [];
  #atOnce = 0;

  constructor(maxAtOnce: number) {
    this.#maxAtOnce = maxAtOnce;
  }

  /** Runs the work when it is its turn. */
  async run<R>(work: () => Promise<R>): Promise<R> {
    if (this.#atOnce < this.#maxAtOnce) this.#atOnce += 1;
    else await new Promise<void>((resolve) => this.#waiting.push(resolve));
    try {
      return await work();
    } finally {
      // The place is handed on, so that nobody who comes now is faster than who waits.
      const next = this.#waiting.shift();
      if (next === undefined) this.#atOnce -= 1;
      else next();
    }
  }
}

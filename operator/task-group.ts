/** The long-lived parts of a program: they end together, and one that fails ends all of them. */

export interface TaskGroupOptions {
  /** A task failed; called for the first one only. */
  readonly onFailed: (name: string, error: unknown) => void;
}

export class TaskGroup {
  readonly #options: TaskGroupOptions;
  readonly #stop = new AbortController();
  readonly #running = new Map<Promise<void>, string>();
  #hasFailed = false;

  constructor(options: TaskGroupOptions) {
    this.#options = options;
  }

  /** Aborted when the tasks are to end. */
  get signal(): AbortSignal {
    return this.#stop.signal;
  }

  /** Starts a task. It is to resolve when the signal is aborted; what it throws after that counts as nothing. */
  add(name: string, run: (signal: AbortSignal) => Promise<void>): void {
    const task = this.#run(name, run).finally(() => this.#running.delete(task));
    this.#running.set(task, name);
  }

  /** The names of those that have not ended. */
  get running(): readonly string[] {
    return [...this.#running.values()];
  }

  /** Ends all tasks and resolves when they have ended. */
  async end(): Promise<void> {
    this.#stop.abort();
    // One that ends may have started another.
    while (this.#running.size > 0) await Promise.all(this.#running.keys());
  }

  async #run(name: string, run: (signal: AbortSignal) => Promise<void>): Promise<void> {
    try {
      await run(this.signal);
    } catch (error) {
      if (this.signal.aborted || this.#hasFailed) return;
      this.#hasFailed = true;
      this.#options.onFailed(name, error);
    }
  }
}

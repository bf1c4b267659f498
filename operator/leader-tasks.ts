/** What only the leader does: begins when this replica is elected, ends when it is not any more. */
import type { TaskGroup } from './task-group.ts';

export interface LeaderTasksOptions {
  readonly tasks: TaskGroup;
  /** Each runs until its signal is aborted; called anew for each term. */
  readonly runs: Readonly<Record<string, (signal: AbortSignal) => Promise<void>>>;
}

export class LeaderTasks {
  readonly #options: LeaderTasksOptions;
  #term: AbortController | null = null;

  constructor(options: LeaderTasksOptions) {
    this.#options = options;
  }

  setLeading(isLeading: boolean): void {
    if (isLeading === (this.#term !== null)) return;
    this.#term?.abort();
    this.#term = null;
    if (!isLeading) return;
    const term = new AbortController();
    this.#term = term;
    const { tasks, runs } = this.#options;
    for (const [name, run] of Object.entries(runs)) {
      tasks.add(name, async (signal) => {
        try {
          await run(AbortSignal.any([signal, term.signal]));
        } catch (error) {
          // What a term that is over leaves undone is the next leader's.
          if (!term.signal.aborted) throw error;
        }
      });
    }
  }
}

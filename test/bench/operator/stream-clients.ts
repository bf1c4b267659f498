/** The light proxies of the operator's bench, in processes of their own, and what they have told so far. */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';

/** What one process of clients is to do. */
export interface ClientsOrder {
  readonly origin: string;
  readonly caPem: string;
  /** Number of the first proxy. */
  readonly first: number;
  /** One a proxy. */
  readonly tokens: readonly string[];
}

export type ClientReport =
  | {
      readonly kind: 'synced';
      readonly proxy: number;
      readonly revision: string;
      /** Read since the SYNCED before. */
      readonly bytes: number;
      readonly syncedAtMs: number;
      /** When the connection had taken the acknowledgement. */
      readonly acknowledgedAtMs: number;
    }
  | { readonly kind: 'failed'; readonly proxy: number; readonly message: string };

export type SyncedReport = Extract<ClientReport, { readonly kind: 'synced' }>;

/** Starts and ends the processes, and waits for what their proxies say. */
export class StreamClients {
  readonly #children: ChildProcess[] = [];
  readonly #failures: string[] = [];
  #synced: SyncedReport[] = [];
  #onReport: (() => void) | null = null;

  /** What went wrong, at most a hundred sentences. */
  get failures(): readonly string[] {
    return this.#failures;
  }

  start(order: ClientsOrder): void {
    const child = fork(join(import.meta.dirname, 'stream-clients-main.ts'), {
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    });
    this.#children.push(child);
    child.on('message', (reports: readonly ClientReport[]) => this.#take(reports));
    child.send(order);
  }

  /** Forgets what was told so far. */
  forget(): void {
    this.#synced = [];
  }

  /** Resolves when that many different proxies have acknowledged since `forget`; throws after the time limit. */
  async acknowledged(proxies: number, timeLimitMs: number): Promise<readonly SyncedReport[]> {
    const limit = AbortSignal.timeout(timeLimitMs);
    for (;;) {
      const told = new Map(this.#synced.map((report) => [report.proxy, report]));
      if (told.size >= proxies) return this.#synced;
      if (limit.aborted) {
        throw new Error(`${told.size} of ${proxies} proxies in time; ${this.#failures.slice(-3).join('; ')}`);
      }
      await this.#nextReport(limit);
    }
  }

  async end(): Promise<void> {
    await Promise.all(
      this.#children.map(async (child) => {
        const exited = once(child, 'exit');
        child.disconnect();
        await exited;
      }),
    );
  }

  #nextReport(limit: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      this.#onReport = resolve;
      limit.addEventListener('abort', () => resolve(), { once: true });
    });
  }

  #take(reports: readonly ClientReport[]): void {
    for (const report of reports) {
      if (report.kind === 'synced') this.#synced.push(report);
      else if (this.#failures.length < 100) this.#failures.push(`proxy ${report.proxy}: ${report.message}`);
    }
    this.#onReport?.();
  }
}

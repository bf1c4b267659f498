/**
 * Puts tables in force, one after another. What a table needs and is not in memory yet is loaded first, so that no call goes
 * without it: until then the table before stays. Of tables that come meanwhile, the last one counts.
 */
import type { EndpointTable } from '#shared/table/endpoint-table.ts';

export interface TableSwitchOptions {
  /** Null: everything is there. */
  readonly load: (table: EndpointTable) => Promise<void> | null;
  readonly put: (table: EndpointTable) => void;
  /** The table cannot be loaded, or not be put in force after that: the one before stays. */
  readonly onFailure: (error: unknown) => void;
}

export class TableSwitch {
  readonly #options: TableSwitchOptions;
  #next: EndpointTable | null = null;
  #loading: Promise<boolean> | null = null;

  constructor(options: TableSwitchOptions) {
    this.#options = options;
  }

  /**
   * Puts the table in force. Null: at once; throws what `put` throws then. Else resolves with whether it is, or one that
   * came after it.
   */
  apply(table: EndpointTable): Promise<boolean> | null {
    this.#next = table;
    if (this.#loading !== null) return this.#loading;
    const loading = this.#options.load(table);
    if (loading === null) {
      this.#putNext();
      return null;
    }
    this.#loading = this.#putAfter(loading);
    return this.#loading;
  }

  /** Resolves when nothing is on its way into force. */
  async settled(): Promise<void> {
    while (this.#loading !== null) await this.#loading;
  }

  async #putAfter(loading: Promise<void>): Promise<boolean> {
    try {
      await loading;
      this.#loading = null;
      return this.#next === null || (await (this.apply(this.#next) ?? true));
    } catch (error) {
      this.#loading = null;
      this.#options.onFailure(error);
      return false;
    }
  }

  #putNext(): void {
    const table = this.#next;
    this.#next = null;
    if (table !== null) this.#options.put(table);
  }
}

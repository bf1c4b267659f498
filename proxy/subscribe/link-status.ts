/** How the link to the control plane fares: counted here, read by metrics. */
import type { Clock } from '#shared/clock/clock.ts';
import type { LinkView } from '../telemetry/link-metrics.ts';

export class LinkStatus implements LinkView {
  readonly #clock: Clock;
  #heardAtMs: number | null = null;
  #isConnected = false;
  #connections = 0;
  #failures = 0;
  #refusedTables = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get isConnected(): boolean {
    return this.#isConnected;
  }

  get connections(): number {
    return this.#connections;
  }

  get failures(): number {
    return this.#failures;
  }

  get refusedTables(): number {
    return this.#refusedTables;
  }

  get silentForMs(): number | null {
    return this.#heardAtMs === null ? null : this.#clock.monotonicMs() - this.#heardAtMs;
  }

  connected(): void {
    this.#isConnected = true;
    this.#connections += 1;
    this.heard();
  }

  heard(): void {
    this.#heardAtMs = this.#clock.monotonicMs();
  }

  disconnected(): void {
    this.#isConnected = false;
  }

  failed(): void {
    this.#failures += 1;
  }

  tableRefused(): void {
    this.#refusedTables += 1;
  }
}

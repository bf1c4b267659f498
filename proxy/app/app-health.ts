/** Probes the application beside the proxy (`--enable-app-health-check`, spec/observability.md §8). */
import type { Dispatcher } from 'undici';
import type { Clock } from '#shared/clock/clock.ts';
import type { Logger } from '#shared/logger/logger.ts';
import type { AppSettings } from '#shared/settings/proxy-settings.ts';
import type { Telemetry } from '../telemetry/telemetry.ts';
import type { ConnectionPool } from '../upstream/connection-pool.ts';

export interface AppHealthOptions {
  readonly check: NonNullable<AppSettings['healthCheck']>;
  readonly pool: ConnectionPool;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly telemetry: Telemetry;
}

/** More than anybody writes for a probe. */
const maxBodyBytes = 64 * 1024;

/** Unhealthy until the first success; then until so many failures in a row. */
export class AppHealth {
  readonly #options: AppHealthOptions;
  #isHealthy = false;
  #failuresInARow = 0;

  constructor(options: AppHealthOptions) {
    this.#options = options;
  }

  get isHealthy(): boolean {
    return this.#isHealthy;
  }

  /** Probes until the signal is aborted. */
  async run(signal: AbortSignal): Promise<void> {
    const { check, clock, telemetry } = this.#options;
    while (!signal.aborted) {
      const startedAtMs = clock.monotonicMs();
      const status = await this.#probe();
      telemetry.appProbed({ status, durationMs: clock.monotonicMs() - startedAtMs });
      this.#note(status >= 200 && status < 300);
      await clock.sleep(check.intervalMs, signal);
    }
  }

  #note(isSuccess: boolean): void {
    const { check, logger } = this.#options;
    this.#failuresInARow = isSuccess ? 0 : this.#failuresInARow + 1;
    const wasHealthy = this.#isHealthy;
    if (isSuccess) this.#isHealthy = true;
    else if (this.#failuresInARow >= check.threshold) this.#isHealthy = false;
    if (wasHealthy !== this.#isHealthy) logger.info('application health changed', { isHealthy: this.#isHealthy });
  }

  /** The status, or 0 when none came in time. */
  #probe(): Promise<number> {
    const { check, pool, clock } = this.#options;
    return new Promise((resolve) => {
      let controller: Dispatcher.DispatchController | null = null;
      let bodyBytes = 0;
      // It outlasts the status: a body without an end would keep its connection for ever.
      const timer = clock.after(check.timeoutMs, () => {
        controller?.abort(new Error('the probe took too long'));
        resolve(0);
      });
      const handler: Dispatcher.DispatchHandler = {
        onRequestStart: (started) => {
          controller = started;
        },
        onResponseStart: (_controller, status) => {
          if (status >= 200) resolve(status);
        },
        onResponseData: (receiving, chunk) => {
          bodyBytes += chunk.length;
          if (bodyBytes > maxBodyBytes) receiving.abort(new Error('the body is of no interest'));
        },
        onResponseEnd: () => timer.cancel(),
        onResponseError: () => {
          timer.cancel();
          resolve(0);
        },
      };
      pool.dispatch({ method: 'GET', path: check.path, headers: [], body: null, trailers: null }, handler);
    });
  }
}

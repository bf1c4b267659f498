/** The version of the API server, asked for now and then: it is upgraded while we run. */
import type { Clock } from '#shared/clock/clock.ts';
import { LinkError } from '#shared/errors/link-error.ts';
import type { Logger } from '#shared/logger/logger.ts';
import type { ServerVersion, VersionReader } from './kube-client.ts';

export interface ApiServerVersionOptions {
  readonly kube: VersionReader;
  readonly clock: Clock;
  readonly logger: Logger;
}

const askMs = 60_000;
const retryMs = 2_000;
/** Somebody waits for the first answer so long at most. */
const firstAnswerMs = 3_000;

export class ApiServerVersion {
  readonly #options: ApiServerVersionOptions;
  readonly #known = Promise.withResolvers<void>();
  #version: ServerVersion | null = null;

  constructor(options: ApiServerVersionOptions) {
    this.#options = options;
  }

  /** Asks until the signal is aborted. What fails is tried again; the version that is known stays. */
  async run(signal: AbortSignal): Promise<void> {
    const { kube, clock, logger } = this.#options;
    // Said once.
    let isFailing = false;
    while (!signal.aborted) {
      try {
        const version = await kube.serverVersion({ signal });
        if (version.minor !== this.#version?.minor || version.major !== this.#version.major) {
          logger.info('the version of the API server is known', { ...version });
        }
        this.#version = version;
        this.#known.resolve();
        isFailing = false;
      } catch (err) {
        if (!(err instanceof LinkError)) throw err;
        if (!signal.aborted && !isFailing)
          logger.warn('the API server does not tell its version, trying again', { err });
        isFailing = true;
      }
      await clock.sleep(this.#version === null ? retryMs : askMs, signal);
    }
  }

  /** Whether it is this one or a later one. False after some seconds if it does not say. */
  async isAtLeast({ major, minor }: ServerVersion): Promise<boolean> {
    if (this.#version === null) {
      const waited = new AbortController();
      await Promise.race([this.#known.promise, this.#options.clock.sleep(firstAnswerMs, waited.signal)]);
      waited.abort();
    }
    if (this.#version === null) return false;
    return this.#version.major > major || (this.#version.major === major && this.#version.minor >= minor);
  }
}

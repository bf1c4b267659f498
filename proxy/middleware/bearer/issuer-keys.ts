/**
 * The keys of an issuer, kept up to date by the requests that need them: no timer runs while none come. A key that the
 * issuer withdraws is gone after ten minutes; while the issuer cannot be reached, the last keys hold for an hour.
 */
import type { Clock } from '#shared/clock/clock.ts';
import type { Logger } from '#shared/logger/logger.ts';
import type { MiddlewareFailure } from '../middleware-failure.ts';
import type { FetchedKeys } from './fetch-keys.ts';

/** From this age on, keys are fetched anew while requests go on. */
const renewAfterMs = 5 * 60_000;
/** From this age on, requests wait for new ones. */
const freshForMs = 10 * 60_000;
/** What an issuer that fails is worth: after that nobody gets in. */
const usableForMs = 60 * 60_000;
/** Between two fetches, whatever the requests are: tokens with invented keys cannot hammer an issuer. */
const coolDownMs = 30_000;

/** One version of the keys; another object when they change. */
export interface KeyVersion<Keys> {
  readonly keys: Keys;
}

export interface IssuerKeysOptions<Keys> {
  readonly fetch: () => Promise<FetchedKeys>;
  /** Makes them usable. */
  readonly prepare: (fetched: FetchedKeys) => Keys;
  readonly failure: MiddlewareFailure;
  readonly clock: Clock;
  readonly logger: Logger;
}

export class IssuerKeys<Keys> {
  readonly #options: IssuerKeysOptions<Keys>;
  #version: KeyVersion<Keys>;
  #text: string;
  #fetchedAtMs: number;
  #triedAtMs: number;
  #fetching: Promise<void> | null = null;
  #reason = '';

  private constructor(options: IssuerKeysOptions<Keys>, fetched: FetchedKeys) {
    this.#options = options;
    this.#version = { keys: options.prepare(fetched) };
    this.#text = JSON.stringify(fetched.keys);
    this.#fetchedAtMs = options.clock.monotonicMs();
    this.#triedAtMs = this.#fetchedAtMs;
  }

  /** Rejects as `fetch` does when there is nothing to begin with. */
  static async load<Keys>(options: IssuerKeysOptions<Keys>): Promise<IssuerKeys<Keys>> {
    return new IssuerKeys(options, await options.fetch());
  }

  /** The keys in force, when no request need wait for them. */
  fresh(): KeyVersion<Keys> | null {
    const age = this.#ageMs();
    if (age >= freshForMs) return null;
    if (age >= renewAfterMs) void this.#renew();
    return this.#version;
  }

  /** The keys in force. Throws ProxyError `middleware-failed` when the last ones are too old and there are no new ones. */
  async current(): Promise<KeyVersion<Keys>> {
    if (this.fresh() === null) await this.#renew();
    if (this.#ageMs() < usableForMs) return this.#version;
    throw this.#options.failure(`the issuer's keys cannot be had: ${this.#reason}`);
  }

  /** After a token whose key is not among `known`: other keys, if the issuer has some and was not asked just now. */
  async newerThan(known: KeyVersion<Keys>): Promise<KeyVersion<Keys> | null> {
    if (this.#version === known) await this.#renew();
    return this.#version === known ? null : this.#version;
  }

  #ageMs(): number {
    return this.#options.clock.monotonicMs() - this.#fetchedAtMs;
  }

  /** One at a time, and none within the cool-down. */
  async #renew(): Promise<void> {
    const isCooling = this.#options.clock.monotonicMs() - this.#triedAtMs < coolDownMs;
    if (this.#fetching === null && isCooling) return;
    this.#fetching ??= this.#fetch();
    await this.#fetching;
  }

  async #fetch(): Promise<void> {
    const { fetch, prepare, clock, logger } = this.#options;
    this.#triedAtMs = clock.monotonicMs();
    try {
      const fetched = await fetch();
      const text = JSON.stringify(fetched.keys);
      if (text !== this.#text) {
        this.#version = { keys: prepare(fetched) };
        this.#text = text;
        logger.info('the keys of the issuer have changed');
      }
      this.#fetchedAtMs = this.#triedAtMs;
    } catch (error) {
      this.#reason = error instanceof Error ? error.message : 'unknown reason';
      logger.warn('the keys of the issuer cannot be renewed', { reason: this.#reason });
    } finally {
      this.#fetching = null;
    }
  }
}

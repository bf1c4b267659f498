/**
 * One token, kept while it is good and renewed before it ends by a request that comes late in its life, which does not wait
 * for that. While the endpoint fails it is asked ever more seldom, and a token that is still good serves on.
 */
import type { Clock } from '#shared/clock/clock.ts';
import type { Logger } from '#shared/logger/logger.ts';
import type { MiddlewareFailure } from '../middleware-failure.ts';
import type { GrantedToken } from '../openid/granted-token.ts';
import { restartDelayMs } from '../restart-delay.ts';

export interface KeptTokenOptions {
  readonly grant: () => Promise<GrantedToken>;
  readonly failure: MiddlewareFailure;
  readonly clock: Clock;
  readonly logger: Logger;
  /** In [0, 1). */
  readonly random: () => number;
}

/** What an endpoint's token is worth that does not say how long it is good. */
const unstatedLifetimeMs = 5 * 60_000;
/** Renewed that long before its end, or a quarter of its life. */
const longestEarlyMs = 5 * 60_000;
/** Not sent in its last seconds: it has to reach the upstream and to be read there. */
const longestMarginMs = 10_000;

interface Held {
  readonly authorization: string;
  readonly renewAtMs: number;
  readonly endMs: number;
}

interface Failed {
  readonly reason: string;
  readonly inARow: number;
  readonly nextTryAtMs: number;
}

export class KeptToken {
  readonly #options: KeptTokenOptions;
  #held: Held | null = null;
  #failed: Failed | null = null;
  #asking: Promise<void> | null = null;

  constructor(options: KeptTokenOptions) {
    this.#options = options;
  }

  /** `Bearer abc`, when a good one is here; otherwise wait for `obtain`. */
  current(): string | null {
    const now = this.#options.clock.monotonicMs();
    if (this.#held === null || now >= this.#held.endMs) return null;
    if (now >= this.#held.renewAtMs) void this.#ask();
    return this.#held.authorization;
  }

  /** Rejects with ProxyError `middleware-failed`, with the reason, when no token can be had. */
  async obtain(): Promise<string> {
    await this.#ask();
    const token = this.current();
    if (token !== null) return token;
    const { reason, nextTryAtMs } = this.#failed ?? { reason: 'the token ended at once', nextTryAtMs: 0 };
    const waitMs = nextTryAtMs - this.#options.clock.monotonicMs();
    throw this.#options.failure(reason, { retryAfterSeconds: Math.max(1, Math.ceil(waitMs / 1000)) });
  }

  /** One call at a time, and none before a failure's delay is over. Never rejects. */
  async #ask(): Promise<void> {
    const now = this.#options.clock.monotonicMs();
    if (this.#asking === null && this.#failed !== null && now < this.#failed.nextTryAtMs) return;
    this.#asking ??= this.#tryToRenew(now).finally(() => {
      this.#asking = null;
    });
    await this.#asking;
  }

  async #tryToRenew(nowMs: number): Promise<void> {
    const { grant, clock, logger, random } = this.#options;
    try {
      this.#held = this.#lifeOf(await grant(), nowMs);
      this.#failed = null;
    } catch (error) {
      const reason = error instanceof Error ? error.message : 'unknown reason';
      const inARow = (this.#failed?.inARow ?? 0) + 1;
      const delayMs = restartDelayMs(inARow, random());
      this.#failed = { reason, inARow, nextTryAtMs: clock.monotonicMs() + delayMs };
      logger.warn('no token was granted', { reason, retryInMs: Math.round(delayMs), isServed: this.#isGood() });
    }
  }

  /** Counted from before the call, so that a slow answer does not lengthen it. */
  #lifeOf({ authorization, lifetimeMs }: GrantedToken, askedAtMs: number): Held {
    const life = lifetimeMs ?? unstatedLifetimeMs;
    const earlyMs = Math.min(life / 4, longestEarlyMs) * (1 - this.#options.random() / 2);
    return {
      authorization,
      renewAtMs: askedAtMs + life - earlyMs,
      endMs: askedAtMs + life - Math.min(life / 10, longestMarginMs),
    };
  }

  #isGood(): boolean {
    return this.#held !== null && this.#options.clock.monotonicMs() < this.#held.endMs;
  }
}

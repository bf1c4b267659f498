/**
 * Gets the next token of a session. A page sends several requests at once with the same cookie, and a refresh token may be
 * good only once: all of them get what the first one got, also those that come a little later.
 */
import { hash } from 'node:crypto';
import type { Clock } from '#shared/clock/clock.ts';
import { GenerationMap } from '#shared/memory/generation-map.ts';
import type { TokenEndpoint } from '../openid/token-endpoint.ts';
import { sessionOf, type Session } from './session.ts';

const keptForMs = 60_000;
/** A failure counts that long: an endpoint that is down is not asked by every request. */
const failureKeptForMs = 5_000;
/** Half of the refreshes that are remembered at most. */
const perGeneration = 512;

interface Refresh {
  readonly session: Promise<Session>;
  forgetAtMs: number;
}

export class SessionRefresher {
  readonly #endpoint: TokenEndpoint;
  readonly #clock: Clock;
  readonly #refreshes = new GenerationMap<Refresh>(perGeneration);

  constructor(endpoint: TokenEndpoint, clock: Clock) {
    this.#endpoint = endpoint;
    this.#clock = clock;
  }

  /** Rejects with GrantFailure. */
  refresh(session: Session, refreshToken: string): Promise<Session> {
    const key = hash('sha256', refreshToken, 'base64');
    const known = this.#refreshes.get(key);
    if (known !== undefined && this.#clock.monotonicMs() < known.forgetAtMs) return known.session;
    const refresh: Refresh = { session: this.#ask(session, refreshToken), forgetAtMs: Infinity };
    this.#refreshes.set(key, refresh);
    refresh.session.then(
      () => (refresh.forgetAtMs = this.#clock.monotonicMs() + keptForMs),
      () => (refresh.forgetAtMs = this.#clock.monotonicMs() + failureKeptForMs),
    );
    return refresh.session;
  }

  async #ask(session: Session, refreshToken: string): Promise<Session> {
    const nowMs = this.#clock.epochMs();
    const parameters = new URLSearchParams({ refresh_token: refreshToken });
    return sessionOf(await this.#endpoint.grant('refresh_token', parameters), nowMs, session);
  }
}

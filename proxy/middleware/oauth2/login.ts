/**
 * The way of a caller to the authorization server and back (RFC 6749 §4.1, PKCE: RFC 7636). Nothing is kept meanwhile: the
 * `state` is the sealed return path, and holds only in the browser that it was made for.
 */
import { createHmac, hash, randomBytes, timingSafeEqual } from 'node:crypto';
import type { Clock } from '#shared/clock/clock.ts';
import type { OAuth2Settings } from '#shared/middleware/oauth2-settings.ts';
import { derivedKey, Seal } from '../jose/seal.ts';
import { authorizationUrl } from '../openid/authorization-url.ts';
import type { GrantedToken } from '../openid/granted-token.ts';
import type { TokenEndpoint } from '../openid/token-endpoint.ts';

/** Time to type a password and find the second factor. */
const stateLifetimeMs = 15 * 60_000;
/** A longer one is cut at its query, and then left out: authorization servers take URLs of a few kilobytes. */
const maxReturnLength = 1_500;

export interface LoginState {
  readonly id: string;
  readonly returnTo: string;
}

export class Login {
  readonly #settings: OAuth2Settings;
  readonly #clock: Clock;
  readonly #seal: Seal;
  readonly #verifierKey: Uint8Array;

  /** `purpose`: what sets this middleware apart from others with the same secret. */
  constructor(settings: OAuth2Settings, { clock, purpose }: { readonly clock: Clock; readonly purpose: string }) {
    const { clientSecret } = settings;
    this.#settings = settings;
    this.#clock = clock;
    this.#seal = new Seal(clientSecret, `state ${purpose}`);
    this.#verifierKey = derivedKey(clientSecret, `verifier ${purpose}`);
  }

  /** Where to send a caller that is to log in. `browser` ties the state to it. */
  async authorizationUrl(browser: string, returnTo: string): Promise<string> {
    const { scopes, redirectUrl, audience } = this.#settings;
    const id = randomBytes(12).toString('base64url');
    const endMs = this.#clock.epochMs() + stateLifetimeMs;
    const verifier = this.#verifier(id, browser);
    return authorizationUrl(this.#settings, {
      redirect_uri: redirectUrl,
      ...(scopes.length === 0 ? {} : { scope: scopes.join(' ') }),
      ...(audience === null ? {} : { audience }),
      // Some servers give no refresh token without it, as Dapr knows.
      access_type: 'offline',
      state: await this.#seal.seal([id, digestOf(browser), endMs, shortened(returnTo)]),
      code_challenge: hash('sha256', verifier, 'base64url'),
      code_challenge_method: 'S256',
    });
  }

  /** Whether a state was made here, of late and for this browser. */
  async stateOf(text: string, browser: string): Promise<LoginState | null> {
    const [id, browserDigest, endMs, returnTo] = (await this.#seal.open(text)) ?? [];
    if (typeof id !== 'string' || typeof returnTo !== 'string' || typeof endMs !== 'number') return null;
    if (this.#clock.epochMs() >= endMs || !isEqual(browserDigest, digestOf(browser))) return null;
    return { id, returnTo };
  }

  /** Rejects with GrantFailure. A code that was got with another state is refused by the server: its challenge differs. */
  exchange(
    code: string,
    { id, browser }: { readonly id: string; readonly browser: string },
    endpoint: TokenEndpoint,
  ): Promise<GrantedToken> {
    const parameters = { code, redirect_uri: this.#settings.redirectUrl, code_verifier: this.#verifier(id, browser) };
    return endpoint.grant('authorization_code', new URLSearchParams(parameters));
  }

  /** 43 characters that nobody else can tell and nobody need keep. */
  #verifier(id: string, browser: string): string {
    return createHmac('sha256', this.#verifierKey).update(`${id} ${browser}`).digest('base64url');
  }
}

/** A path of this very host: more than one slash, or a backslash, at its begin would name another. */
function shortened(returnTo: string): string {
  const local = `/${returnTo.replace(/^[/\\]+/, '')}`;
  if (local.length <= maxReturnLength) return local;
  const [path = '/'] = local.split('?');
  return path.length <= maxReturnLength ? path : '/';
}

function digestOf(text: string): string {
  return hash('sha256', text, 'base64url');
}

function isEqual(given: unknown, expected: string): boolean {
  if (typeof given !== 'string' || given.length !== expected.length) return false;
  return timingSafeEqual(Buffer.from(given), Buffer.from(expected));
}

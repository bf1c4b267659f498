/** Lets through who has logged in, sends the others to log in, and receives those who come back from it. */
import { hash } from 'node:crypto';
import type { Clock } from '#shared/clock/clock.ts';
import { ProxyError } from '#shared/errors/proxy-error.ts';
import type { OAuth2Settings } from '#shared/middleware/oauth2-settings.ts';
import type { Reply } from '../../reply/reply.ts';
import { Seal } from '../jose/seal.ts';
import type { MiddlewareFailure } from '../middleware-failure.ts';
import type { Middleware, MiddlewareRequest, Verdict } from '../middleware.ts';
import { GrantFailure } from '../openid/grant-failure.ts';
import type { TokenEndpoint } from '../openid/token-endpoint.ts';
import { isFiltered } from '../path-filter.ts';
import { textReply } from '../text-reply.ts';
import { CallerCookies } from './caller-cookies.ts';
import { maxCookieLength } from './cookies.ts';
import { Login, type LoginState } from './login.ts';
import { SessionRefresher } from './session-refresher.ts';
import { sessionFields, sessionFrom, sessionOf, type Session } from './session.ts';

/** Codes that are exchanged at once: whoever has a state can bring any code. */
const maxExchanges = 64;

export interface OAuth2Options {
  readonly settings: OAuth2Settings;
  /** Of the proxy. */
  readonly namespace: string;
  readonly endpoint: TokenEndpoint;
  readonly clock: Clock;
  readonly failure: MiddlewareFailure;
  readonly close: () => void;
}

/** Keeps nothing of a caller: all of it is in sealed cookies. */
export class OAuth2 implements Middleware {
  readonly #options: OAuth2Options;
  readonly #login: Login;
  readonly #seal: Seal;
  readonly #refresher: SessionRefresher;
  /** Begin of cookies' names: another for every client and server. */
  readonly #cookieName: string;
  readonly #redirectPath: string;
  #exchanges = 0;

  constructor(options: OAuth2Options) {
    const { clientId, clientSecret, authUrl, tokenUrl, scopes, audience, redirectUrl } = options.settings;
    const purpose = JSON.stringify([clientId, authUrl, tokenUrl, scopes, audience]);
    this.#options = options;
    this.#login = new Login(options.settings, { clock: options.clock, purpose });
    this.#seal = new Seal(clientSecret, `session ${purpose}`);
    this.#refresher = new SessionRefresher(options.endpoint, options.clock);
    this.#cookieName = `farpoint-oauth2-${hash('sha256', purpose, 'hex').slice(0, 8)}`;
    this.#redirectPath = new URL(redirectUrl).pathname;
  }

  handle(request: MiddlewareRequest): Verdict | Promise<Verdict> {
    const cookies = CallerCookies.take(request, { name: this.#cookieName, isSecure: this.#isSecure(request) });
    const callback = callbackOf(request);
    if (callback !== null) return this.#receive(request, { cookies, callback });
    return this.#pass(request, cookies);
  }

  close(): void {
    this.#options.close();
  }

  #pass(request: MiddlewareRequest, cookies: CallerCookies): Verdict | Promise<Verdict> {
    return this.#isGuarded(request) ? this.#passWithToken(request, cookies) : null;
  }

  #isGuarded(request: MiddlewareRequest): boolean {
    const { settings, namespace } = this.#options;
    return isFiltered(request, { pattern: settings.pathFilter, namespace });
  }

  async #passWithToken(request: MiddlewareRequest, cookies: CallerCookies): Promise<Verdict> {
    const session = await this.#sessionOf(cookies);
    const current = session === null ? null : await this.#upToDate(session);
    if (current === null) return this.#sendToLogin(request, cookies);
    request.setHeader(this.#options.settings.authHeaderName, current.authorization);
    if (current !== session) {
      for (const value of cookies.setSession(await this.#sealed(current)))
        request.addResponseHeader('Set-Cookie', value);
    }
    return null;
  }

  /** Null when the caller has to log in again. Throws ProxyError `middleware-failed` when that cannot be told. */
  async #upToDate(session: Session): Promise<Session | null> {
    const { clock, failure } = this.#options;
    if (clock.epochMs() < session.renewAtMs) return session;
    let reason = '';
    if (session.refreshToken !== null) {
      try {
        return await this.#refresher.refresh(session, session.refreshToken);
      } catch (error) {
        if (!(error instanceof GrantFailure)) throw error;
        if (!error.isGrantInvalid) reason = error.message;
      }
    }
    if (clock.epochMs() < session.endMs) return session;
    if (reason === '') return null;
    throw failure(reason);
  }

  async #sendToLogin(request: MiddlewareRequest, cookies: CallerCookies): Promise<Reply> {
    const { browser, setCookie } = cookies.knownBrowser();
    return redirect(await this.#login.authorizationUrl(browser, request.sentTarget), setCookie);
  }

  /** A parameter `state` that was not made here may be the application's, when its caller has logged in or need not. */
  async #receive(request: MiddlewareRequest, { cookies, callback }: Received): Promise<Verdict> {
    const state = await this.#login.stateOf(callback.state, cookies.browser);
    const session = await this.#sessionOf(cookies);
    if (state !== null) return this.#finish(state, { cookies, callback, session });
    const isLost = session === null && callback.isAnswer && this.#isGuarded(request);
    return isLost || this.#isRedirectPage(request) ? textReply(400, 'invalid state') : this.#pass(request, cookies);
  }

  /** What stands before the proxy may have changed the path, and so has `appHttpPipeline`. */
  #isRedirectPage({ path, sentTarget }: MiddlewareRequest): boolean {
    return path === this.#redirectPath || sentTarget.split('?')[0] === this.#redirectPath;
  }

  async #finish(
    state: LoginState,
    { cookies, callback, session }: Received & { session: Session | null },
  ): Promise<Reply> {
    const { clock, endpoint, failure } = this.#options;
    if (callback.code === '') return textReply(400, 'code not found');
    if (this.#exchanges >= maxExchanges) throw new ProxyError('overloaded', 'too many callers log in at once');
    this.#exchanges += 1;
    const nowMs = clock.epochMs();
    try {
      const token = await this.#login.exchange(callback.code, { id: state.id, browser: cookies.browser }, endpoint);
      return redirect(state.returnTo, cookies.setSession(await this.#sealed(sessionOf(token, nowMs))));
    } catch (error) {
      if (!(error instanceof GrantFailure)) throw error;
      // Whoever goes back to this page has a code that is used up, and is logged in.
      if (error.isGrantInvalid && session !== null) return redirect(state.returnTo, []);
      throw failure(error.message);
    } finally {
      this.#exchanges -= 1;
    }
  }

  async #sessionOf({ session }: CallerCookies): Promise<Session | null> {
    return session === null ? null : sessionFrom(await this.#seal.open(session));
  }

  async #sealed(session: Session): Promise<string> {
    const sealed = await this.#seal.seal(sessionFields(session));
    if (sealed.length <= maxCookieLength) return sealed;
    throw this.#options.failure(
      `the token is too large for a cookie: sealed, it has ${sealed.length} bytes, and ${maxCookieLength} can be kept`,
    );
  }

  /** In the other pipeline the scheme is the upstream's. */
  #isSecure({ pipeline, scheme }: MiddlewareRequest): boolean {
    const { forceHttps, redirectUrl } = this.#options.settings;
    return forceHttps || redirectUrl.startsWith('https:') || (pipeline === 'http' && scheme === 'https');
  }
}

interface Callback {
  readonly state: string;
  /** `''`: none. */
  readonly code: string;
  /** Whether it looks like an authorization server's, good or bad. */
  readonly isAnswer: boolean;
}

interface Received {
  readonly cookies: CallerCookies;
  readonly callback: Callback;
}

/** At whatever path: what stands before the proxy may have changed it. */
function callbackOf({ method, search }: MiddlewareRequest): Callback | null {
  if (method !== 'GET' || !search.includes('state=')) return null;
  const parameters = new URLSearchParams(search);
  const state = parameters.get('state');
  if (state === null) return null;
  const code = parameters.get('code') ?? '';
  return { state, code, isAnswer: code !== '' || parameters.has('error') };
}

/** The code that is in this page's URL goes nowhere else. */
function redirect(location: string, setCookies: readonly string[]): Reply {
  const cookies = setCookies.flatMap((value) => ['Set-Cookie', value]);
  const headers = ['Location', location, 'Cache-Control', 'no-store', 'Referrer-Policy', 'no-referrer', ...cookies];
  return { status: 302, headers, contentType: '', body: '' };
}

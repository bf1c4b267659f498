/** The cookies of one caller that are this middleware's: the session, and what its browser is known by during a login. */
import { randomBytes } from 'node:crypto';
import type { MiddlewareRequest } from '../middleware.ts';
import { readCookie, setCookies, withoutCookies } from './cookies.ts';

export interface CallerCookiesOptions {
  /** Begin of their names. */
  readonly name: string;
  /** Callers come over TLS: no other connection gets to see them, and no other host of the domain can set them. */
  readonly isSecure: boolean;
}

export class CallerCookies {
  /** Sealed; null: none. */
  readonly session: string | null;
  /** `''`: none. */
  readonly browser: string;
  readonly #prefix: string;
  readonly #isSecure: boolean;

  /** Takes them out of what goes on to the upstream. */
  static take(request: MiddlewareRequest, { name, isSecure }: CallerCookiesOptions): CallerCookies {
    const prefix = isSecure ? `__Host-${name}` : name;
    const headers = request.headerValues('cookie');
    const others = withoutCookies(headers, prefix);
    if (others === '') request.removeHeader('cookie');
    else if (others !== null) request.setHeader('cookie', others);
    return new CallerCookies(headers, { prefix, isSecure });
  }

  private constructor(headers: readonly string[], { prefix, isSecure }: { prefix: string; isSecure: boolean }) {
    this.#prefix = prefix;
    this.#isSecure = isSecure;
    this.session = readCookie(headers, `${prefix}-session`);
    this.browser = readCookie(headers, `${prefix}-browser`) ?? '';
  }

  /** Values of Set-Cookie. */
  setSession(sealed: string): string[] {
    return setCookies(`${this.#prefix}-session`, sealed, this.#isSecure);
  }

  /** What the browser is known by from now on, and the Set-Cookie for it where it is new. */
  knownBrowser(): { readonly browser: string; readonly setCookie: readonly string[] } {
    if (this.browser !== '') return { browser: this.browser, setCookie: [] };
    const browser = randomBytes(16).toString('base64url');
    return { browser, setCookie: setCookies(`${this.#prefix}-browser`, browser, this.#isSecure) };
  }
}

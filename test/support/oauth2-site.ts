/** An oauth2 middleware before a token endpoint on loopback, and callers with cookies. */
import { createOauth2 } from '../../proxy/middleware/oauth2/create-oauth2.ts';
import type { Middleware, MiddlewareRequest } from '../../proxy/middleware/middleware.ts';
import { middlewareRequest } from './middleware-request.ts';
import { MiddlewareStage } from './middleware-stage.ts';
import { type TokenAnswer, TokenServer } from './start-token-server.ts';

export interface Answered {
  /** 200: it went on. */
  readonly status: number;
  readonly body: string;
  readonly location: string;
  readonly setCookies: readonly string[];
  /** With which it went on; `''`: without. */
  readonly token: string;
}

type How = Partial<Pick<MiddlewareRequest, 'pipeline' | 'scheme'>>;

export class OAuth2Site extends MiddlewareStage {
  readonly server: TokenServer;
  #guard: Middleware | null = null;

  private constructor(server: TokenServer) {
    super();
    this.server = server;
  }

  static async open(settings: Readonly<Record<string, string>> = {}, server?: TokenServer): Promise<OAuth2Site> {
    const site = new OAuth2Site(server ?? (await TokenServer.start()));
    const usual = {
      clientID: 'shop',
      clientSecret: 'planted-secret-client',
      scopes: 'read,write',
      authURL: 'https://login.example/authorize',
      tokenURL: site.server.url,
      redirectURL: 'http://shop.example/callback',
      rootCA: site.server.rootCa,
    };
    const type = 'middleware.http.oauth2';
    site.#guard = await site.start(createOauth2, { type, settings: { ...usual, ...settings } });
    return site;
  }

  caller(how: How = {}): Caller {
    if (this.#guard === null) throw new Error('the site is not open');
    return new Caller(this.#guard, { pipeline: 'http', scheme: 'http', ...how });
  }

  /** One with the token that this answer grants. */
  async loggedIn(answer: TokenAnswer): Promise<Caller> {
    this.server.answer = answer;
    const caller = this.caller();
    await caller.comeBack(await caller.ask());
    return caller;
  }
}

export class Caller {
  readonly cookies = new Map<string, string>();
  readonly #guard: Middleware;
  readonly #how: How;

  constructor(guard: Middleware, how: How) {
    this.#guard = guard;
    this.#how = how;
  }

  async ask(target = '/'): Promise<Answered> {
    const [path = '', ...search] = target.split('?');
    const cookie = [...this.cookies].map(([name, value]) => `${name}=${value}`).join('; ');
    const request = middlewareRequest({
      ...this.#how,
      path,
      search: search.length === 0 ? '' : `?${search.join('?')}`,
      headers: cookie === '' ? {} : { cookie: [cookie] },
    });
    const reply = await this.#guard.handle(request);
    const headers = [...Iterator.from(reply?.headers ?? [])];
    const fields = headers.flatMap((name, index) =>
      index % 2 === 0 ? [[name, headers[index + 1] ?? ''] as const] : [],
    );
    const setCookies = [...fields, ...request.responseHeaders].flatMap(([name, value]) =>
      name === 'Set-Cookie' ? [value] : [],
    );
    for (const line of setCookies) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
      this.cookies.set(name, value);
    }
    return {
      status: reply?.status ?? 200,
      body: reply?.body ?? '',
      location: fields.find(([name]) => name === 'Location')?.[1] ?? '',
      setCookies,
      token: request.setHeaders.get('authorization') ?? '',
    };
  }

  /** With a code, to where it was told to. */
  comeBack(sent: Answered | undefined): Promise<Answered> {
    const state = new URL(sent?.location ?? '').searchParams.get('state') ?? '';
    return this.ask(`/callback?code=good&state=${state}`);
  }
}

/** An oauth2clientcredentials middleware before a token endpoint on loopback. */
import { expect } from 'vitest';
import type { ProxyError } from '#shared/errors/proxy-error.ts';
import type { Middleware } from '../../proxy/middleware/middleware.ts';
import { createOauth2clientcredentials } from '../../proxy/middleware/oauth2clientcredentials/create-oauth2clientcredentials.ts';
import { type FakeRequestOptions, middlewareRequest } from './middleware-request.ts';
import { MiddlewareStage } from './middleware-stage.ts';
import { grant, type TokenAnswer, TokenServer } from './start-token-server.ts';

export const plantedClientSecret = 'planted-secret-client';

export class ClientCredentialsSite extends MiddlewareStage {
  readonly server: TokenServer;

  private constructor(server: TokenServer) {
    super();
    this.server = server;
  }

  static async open(answer: TokenAnswer = grant()): Promise<ClientCredentialsSite> {
    const site = new ClientCredentialsSite(await TokenServer.start());
    site.server.answer = answer;
    return site;
  }

  guard(settings: Readonly<Record<string, string>> = {}): Promise<Middleware> {
    const { url, rootCa } = this.server;
    const usual = {
      clientID: 'orders',
      clientSecret: plantedClientSecret,
      scopes: 'read',
      tokenURL: url,
      headerName: 'Authorization',
      rootCA: rootCa,
    };
    const type = 'middleware.http.oauth2clientcredentials';
    return this.start(createOauth2clientcredentials, { type, settings: { ...usual, ...settings } });
  }
}

/** The header that a request goes on with; null: it is left alone. */
export async function sent(guard: Middleware, options: FakeRequestOptions = {}): Promise<string | null> {
  const request = middlewareRequest(options);
  expect(await guard.handle(request)).toBeNull();
  return request.setHeaders.get('authorization') ?? null;
}

/** Why a request is refused. */
export async function refusal(guard: Middleware): Promise<ProxyError> {
  return Promise.resolve(guard.handle(middlewareRequest())).then(
    () => Promise.reject(new Error('the request went on')),
    (error: ProxyError) => error,
  );
}

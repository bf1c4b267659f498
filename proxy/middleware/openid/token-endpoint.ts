/** Asks a token endpoint for tokens (RFC 6749 §4.1.3, §4.4, §6), by openid-client over the middleware's own HTTP client. */
import {
  allowInsecureRequests,
  ClientSecretPost,
  Configuration,
  customFetch,
  genericGrantRequest,
} from 'openid-client';
import type { Sensitive } from '#shared/table/sensitive.ts';
import type { HttpClient } from '../http/http-client.ts';
import { clientSecretHeader } from './client-secret-header.ts';
import { GrantFailure } from './grant-failure.ts';
import { grantedToken, type GrantedToken } from './granted-token.ts';
import { TokenCall } from './token-call.ts';

export type GrantType = 'client_credentials' | 'authorization_code' | 'refresh_token';

export interface TokenEndpointOptions {
  readonly tokenUrl: string;
  readonly clientId: string;
  readonly clientSecret: Sensitive;
  /** `auto`: in the header, and in the body for an endpoint that refuses that. */
  readonly authStyle: 'auto' | 'params' | 'header';
  readonly client: HttpClient;
}

export class TokenEndpoint {
  readonly #options: TokenEndpointOptions;
  /** What `auto` has come to; null: not known yet. */
  #style: 'params' | 'header' | null;

  constructor(options: TokenEndpointOptions) {
    this.#options = options;
    this.#style = options.authStyle === 'auto' ? null : options.authStyle;
  }

  /** Rejects with GrantFailure. */
  async grant(type: GrantType, parameters: URLSearchParams): Promise<GrantedToken> {
    if (this.#style !== null) return this.#ask(type, parameters, this.#style);
    try {
      const token = await this.#ask(type, parameters, 'header');
      this.#style = 'header';
      return token;
    } catch (error) {
      if (!(error instanceof GrantFailure) || !error.isClientUnknown) throw error;
    }
    const token = await this.#ask(type, parameters, 'params');
    this.#style = 'params';
    return token;
  }

  async #ask(type: GrantType, parameters: URLSearchParams, style: 'params' | 'header'): Promise<GrantedToken> {
    const { tokenUrl, clientId, clientSecret, client } = this.#options;
    const authentication = (style === 'header' ? clientSecretHeader : ClientSecretPost)(clientSecret.reveal());
    const server = { issuer: new URL(tokenUrl).origin, token_endpoint: tokenUrl };
    const configuration = new Configuration(server, clientId, {}, authentication);
    const call = new TokenCall(client);
    configuration[customFetch] = call.fetch;
    // The client has its own limit, on the proxy's clock.
    configuration.timeout = undefined;
    // As Dapr does: in a cluster, an authorization server may well be without TLS.
    // oxlint-disable-next-line typescript/no-deprecated
    if (tokenUrl.startsWith('http:')) allowInsecureRequests(configuration);
    try {
      const token = grantedToken(await genericGrantRequest(configuration, type, parameters));
      if (token !== null) return token;
    } catch {
      throw call.failure();
    }
    const reason = 'the token endpoint granted a token that cannot be sent on';
    throw new GrantFailure(reason, { status: 200, code: null });
  }
}

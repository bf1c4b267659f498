/** `middleware.http.oauth2clientcredentials`: requests go on with a token of the proxy's own, in place of whatever they had. */
import { parseOAuth2ClientCredentialsSettings } from '#shared/middleware/oauth2-client-credentials-settings.ts';
import type { OAuth2ClientCredentialsSettings } from '#shared/middleware/oauth2-client-credentials-settings.ts';
import { HttpClient } from '../http/http-client.ts';
import { failuresOf } from '../middleware-failure.ts';
import type { CreateMiddleware, Middleware, MiddlewareRequest, Verdict } from '../middleware.ts';
import { TokenEndpoint } from '../openid/token-endpoint.ts';
import { isFiltered } from '../path-filter.ts';
import { usableSettings } from '../usable-settings.ts';
import { KeptToken } from './kept-token.ts';

const callTimeoutMs = 10_000;
const maxAnswerBytes = 64 * 1024;

/** The first request fetches the token: a proxy without requests asks for none. */
export const createOauth2clientcredentials: CreateMiddleware = async (entry, context) => {
  const settings = usableSettings(parseOAuth2ClientCredentialsSettings(entry.settings));
  const { namespace, clock, logger, openPool } = context;
  const { rootCa } = settings;
  const client = new HttpClient({ openPool, clock, rootCa, timeoutMs: callTimeoutMs, maxBodyBytes: maxAnswerBytes });
  const endpoint = new TokenEndpoint({ ...settings, client });
  const parameters = grantParameters(settings);
  const token = new KeptToken({
    grant: () => endpoint.grant('client_credentials', parameters),
    failure: failuresOf(entry),
    clock,
    logger,
    random: Math.random,
  });
  return new OAuth2ClientCredentials({ settings, namespace, token, close: () => client.close() });
};

interface OAuth2ClientCredentialsOptions {
  readonly settings: OAuth2ClientCredentialsSettings;
  /** Of the proxy. */
  readonly namespace: string;
  readonly token: KeptToken;
  readonly close: () => void;
}

class OAuth2ClientCredentials implements Middleware {
  readonly #options: OAuth2ClientCredentialsOptions;

  constructor(options: OAuth2ClientCredentialsOptions) {
    this.#options = options;
  }

  handle(request: MiddlewareRequest): Verdict | Promise<Verdict> {
    const { settings, namespace, token } = this.#options;
    if (!isFiltered(request, { pattern: settings.pathFilter, namespace })) return null;
    const current = token.current();
    if (current === null) return this.#wait(request);
    request.setHeader(settings.headerName, current);
    return null;
  }

  close(): void {
    this.#options.close();
  }

  async #wait(request: MiddlewareRequest): Promise<Verdict> {
    const { settings, token } = this.#options;
    request.setHeader(settings.headerName, await token.obtain());
    return null;
  }
}

function grantParameters({ scopes, audience, endpointParams }: OAuth2ClientCredentialsSettings): URLSearchParams {
  const parameters = new URLSearchParams();
  if (scopes.length > 0) parameters.set('scope', scopes.join(' '));
  if (audience !== null) parameters.set('audience', audience);
  for (const [name, value] of endpointParams) parameters.append(name, value.reveal());
  return parameters;
}

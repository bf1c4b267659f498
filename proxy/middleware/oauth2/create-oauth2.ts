/** `middleware.http.oauth2`: callers log in at an authorization server; their requests go on with the token that they got. */
import { parseOAuth2Settings } from '#shared/middleware/oauth2-settings.ts';
import { HttpClient } from '../http/http-client.ts';
import { failuresOf } from '../middleware-failure.ts';
import type { CreateMiddleware } from '../middleware.ts';
import { TokenEndpoint } from '../openid/token-endpoint.ts';
import { usableSettings } from '../usable-settings.ts';
import { OAuth2 } from './oauth2.ts';

const callTimeoutMs = 10_000;
const maxAnswerBytes = 64 * 1024;

/** Nothing is called at the start: the servers are asked when a caller logs in. */
export const createOauth2: CreateMiddleware = async (entry, { namespace, clock, openPool }) => {
  const settings = usableSettings(parseOAuth2Settings(entry.settings));
  const { rootCa } = settings;
  const client = new HttpClient({ openPool, clock, rootCa, timeoutMs: callTimeoutMs, maxBodyBytes: maxAnswerBytes });
  const endpoint = new TokenEndpoint({ ...settings, authStyle: 'auto', client });
  const failure = failuresOf(entry);
  return new OAuth2({ settings, namespace, endpoint, clock, failure, close: () => client.close() });
};

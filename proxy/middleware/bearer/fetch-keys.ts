/** Gets the public keys of an issuer: a JWK Set, from where its discovery document says or a setting does. */
import type { BearerSettings } from '#shared/middleware/bearer-settings.ts';
import type { HttpClient } from '../http/http-client.ts';
import { readJson } from '../http/read-json.ts';

export interface FetchedKeys {
  readonly keys: readonly object[];
}

/** Rejects with an Error of one sentence. */
export async function fetchKeys(
  { issuer, jwksUrl }: Pick<BearerSettings, 'issuer' | 'jwksUrl'>,
  client: HttpClient,
  signal: AbortSignal | null,
): Promise<FetchedKeys> {
  const url = jwksUrl ?? (await discover(issuer, client, signal));
  const { keys } = await readJson(client, { url, signal }, "the issuer's key set");
  if (!Array.isArray(keys) || !keys.every((key) => typeof key === 'object' && key !== null)) {
    throw new Error("the issuer's key set is no JWK Set");
  }
  return { keys };
}

/** OpenID Connect Discovery 1.0 §4: a document that speaks for another issuer is of no use (§4.3). */
async function discover(issuer: string, client: HttpClient, signal: AbortSignal | null): Promise<string> {
  const url = `${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`;
  const document = await readJson(client, { url, signal }, "the issuer's discovery document");
  if (document['issuer'] !== issuer) throw new Error("the issuer's discovery document names another issuer");
  const keysUrl = document['jwks_uri'];
  const parsed = typeof keysUrl === 'string' ? URL.parse(keysUrl) : null;
  if (parsed === null || !/^https?:$/.test(parsed.protocol)) {
    throw new Error("the issuer's discovery document has no usable jwks_uri");
  }
  if (issuer.startsWith('https:') && parsed.protocol !== 'https:') {
    throw new Error("the issuer's discovery document has a jwks_uri without TLS");
  }
  return parsed.href;
}

/** Where a caller goes to log in (RFC 6749 §4.1.1), as openid-client writes it. */
import { allowInsecureRequests, buildAuthorizationUrl, Configuration } from 'openid-client';

export interface AuthorizationServer {
  readonly authUrl: string;
  readonly clientId: string;
}

/** The server's URL, its own query kept, with these parameters, the client and the kind of answer: a code. */
export function authorizationUrl(
  { authUrl, clientId }: AuthorizationServer,
  parameters: Readonly<Record<string, string>>,
): string {
  const server = { issuer: new URL(authUrl).origin, authorization_endpoint: authUrl };
  const configuration = new Configuration(server, clientId);
  // As Dapr does: it is the caller's browser that goes there.
  // oxlint-disable-next-line typescript/no-deprecated
  if (authUrl.startsWith('http:')) allowInsecureRequests(configuration);
  return buildAuthorizationUrl(configuration, { ...parameters }).href;
}

/** `middleware.http.oauth2` (spec/policy.md §4): the authorization code flow. Pure. */
import type { MiddlewareSetting } from '../table/middleware.ts';
import type { Sensitive } from '../table/sensitive.ts';
import { readHeaderName } from './read-header-name.ts';
import type { ParsedSettings } from './parsed-settings.ts';
import { SettingsReader } from './settings-reader.ts';

export interface OAuth2Settings {
  readonly clientId: string;
  readonly clientSecret: Sensitive;
  readonly scopes: readonly string[];
  /** Where callers are sent to log in. */
  readonly authUrl: string;
  readonly tokenUrl: string;
  /** Where they come back to: a URL of this proxy. */
  readonly redirectUrl: string;
  /** Lower case; gets `<type> <token>`. */
  readonly authHeaderName: string;
  /** Whether callers come over https although the proxy is reached in plain text. */
  readonly forceHttps: boolean;
  /** Requests whose path does not match pass untouched; null: all are guarded. */
  readonly pathFilter: RegExp | null;
  /** Asked of the authorization server; null: not said. */
  readonly audience: string | null;
  /** PEM bundle that replaces the system's roots for the token server. */
  readonly rootCa: Sensitive | null;
}

export function parseOAuth2Settings(settings: readonly MiddlewareSetting[]): ParsedSettings<OAuth2Settings> {
  const read = new SettingsReader(settings);
  return read.finish({
    clientId: read.requiredText('clientID'),
    clientSecret: read.requiredSecret('clientSecret'),
    scopes: read.list('scopes'),
    authUrl: read.requiredUrl('authURL'),
    tokenUrl: read.requiredUrl('tokenURL'),
    redirectUrl: read.requiredUrl('redirectURL'),
    authHeaderName: readHeaderName(read, 'authHeaderName') || 'authorization',
    forceHttps: read.boolean('forceHTTPS', false),
    pathFilter: read.pattern('pathFilter'),
    audience: read.text('audience', '') || null,
    rootCa: read.rootCa('rootCA'),
  });
}

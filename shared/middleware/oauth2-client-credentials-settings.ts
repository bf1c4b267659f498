/** `middleware.http.oauth2clientcredentials` (spec/policy.md §4), with `audience` and `rootCA` beyond Dapr's. Pure. */
import type { MiddlewareSetting } from '../table/middleware.ts';
import { Sensitive } from '../table/sensitive.ts';
import { readHeaderName } from './read-header-name.ts';
import type { ParsedSettings } from './parsed-settings.ts';
import { SettingsReader } from './settings-reader.ts';

export interface OAuth2ClientCredentialsSettings {
  readonly clientId: string;
  readonly clientSecret: Sensitive;
  readonly scopes: readonly string[];
  readonly tokenUrl: string;
  /** Lower case; gets `<type> <token>`. */
  readonly headerName: string;
  /** Further parameters of the request for a token, in order. They may hold secrets. */
  readonly endpointParams: readonly (readonly [name: string, value: Sensitive])[];
  /** How the client proves who it is: `auto` tries the header first, then the body. */
  readonly authStyle: 'auto' | 'params' | 'header';
  /** Requests whose path does not match pass untouched; null: all get a token. */
  readonly pathFilter: RegExp | null;
  /** Asked of the token server; null: not said. */
  readonly audience: string | null;
  /** PEM bundle that replaces the system's roots for the token server. */
  readonly rootCa: Sensitive | null;
}

const authStyles = ['auto', 'params', 'header'] as const;

export function parseOAuth2ClientCredentialsSettings(
  settings: readonly MiddlewareSetting[],
): ParsedSettings<OAuth2ClientCredentialsSettings> {
  const read = new SettingsReader(settings);
  const headerName = readHeaderName(read, 'headerName');
  if (headerName === '') read.missing('headerName');
  return read.finish({
    clientId: read.requiredText('clientID'),
    clientSecret: read.requiredSecret('clientSecret'),
    scopes: read.requiredList('scopes'),
    tokenUrl: read.requiredUrl('tokenURL'),
    headerName,
    endpointParams: endpointParams(read.secret('endpointParamsQuery')),
    authStyle: authStyles[read.number('authStyle', { fallback: 0, min: 0, max: 2, isWhole: true })] ?? 'auto',
    pathFilter: read.pattern('pathFilter'),
    audience: read.text('audience', '') || null,
    rootCa: read.rootCa('rootCA'),
  });
}

/** `a=b&c=d`. */
function endpointParams(query: Sensitive | null): OAuth2ClientCredentialsSettings['endpointParams'] {
  if (query === null) return [];
  const pairs = new URLSearchParams(query.reveal());
  return [...pairs].map(([name, value]) => [name, new Sensitive(value, query)] as const);
}

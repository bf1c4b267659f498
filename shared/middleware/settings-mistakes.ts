/** What is wrong with the settings of a middleware, whatever its type. Pure. */
import type { MiddlewareSetting, MiddlewareType } from '../table/middleware.ts';
import { parseBearerSettings } from './bearer-settings.ts';
import { parseOAuth2ClientCredentialsSettings } from './oauth2-client-credentials-settings.ts';
import { parseOAuth2Settings } from './oauth2-settings.ts';
import { parseOpaSettings } from './opa-settings.ts';
import type { ParsedSettings } from './parsed-settings.ts';
import { parseRateLimitSettings } from './rate-limit-settings.ts';
import { parseRouteAliasSettings } from './route-alias-settings.ts';
import { parseRouterCheckerSettings } from './router-checker-settings.ts';
import { parseUppercaseSettings } from './uppercase-settings.ts';

const parsersByType = {
  'middleware.http.bearer': parseBearerSettings,
  'middleware.http.oauth2': parseOAuth2Settings,
  'middleware.http.oauth2clientcredentials': parseOAuth2ClientCredentialsSettings,
  'middleware.http.opa': parseOpaSettings,
  'middleware.http.ratelimit': parseRateLimitSettings,
  'middleware.http.routeralias': parseRouteAliasSettings,
  'middleware.http.routerchecker': parseRouterCheckerSettings,
  'middleware.http.uppercase': parseUppercaseSettings,
} as const satisfies Record<MiddlewareType, (settings: readonly MiddlewareSetting[]) => ParsedSettings<unknown>>;

/** Mistakes and warnings alone. */
export function settingsMistakes(
  type: MiddlewareType,
  settings: readonly MiddlewareSetting[],
): Pick<ParsedSettings<unknown>, 'mistakes' | 'warnings'> {
  const { mistakes, warnings } = parsersByType[type](settings);
  return { mistakes, warnings };
}

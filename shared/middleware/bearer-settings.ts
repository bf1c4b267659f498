/** `middleware.http.bearer` (spec/policy.md §4), with `rootCA` beyond Dapr's. Pure. */
import type { MiddlewareSetting } from '../table/middleware.ts';
import type { Sensitive } from '../table/sensitive.ts';
import type { ParsedSettings } from './parsed-settings.ts';
import { SettingsReader } from './settings-reader.ts';

export interface BearerSettings {
  /** `iss` of every token, exactly as it stands there. */
  readonly issuer: string;
  /** One of the tokens' `aud`. */
  readonly audience: string;
  /** Where the issuer's keys are; null: where its discovery document says. */
  readonly jwksUrl: string | null;
  /** PEM bundle that replaces the system's roots for the issuer's servers. */
  readonly rootCa: Sensitive | null;
}

export function parseBearerSettings(settings: readonly MiddlewareSetting[]): ParsedSettings<BearerSettings> {
  const read = new SettingsReader(settings);
  const jwksUrl = read.url('jwksURL');
  // It is compared with what tokens say, and need be no URL where the keys are found without it.
  const issuer =
    jwksUrl === null && !read.has('jwksURL')
      ? read.requiredUrl(['issuer', 'issuerURL'])
      : read.requiredText(['issuer', 'issuerURL']);
  const audience = read.requiredText(['audience', 'clientID']);
  return read.finish({ issuer, audience, jwksUrl, rootCa: read.rootCa('rootCA') });
}

/** `middleware.http.uppercase` (spec/policy.md §4). Pure. */
import type { MiddlewareSetting } from '../table/middleware.ts';
import type { ParsedSettings } from './parsed-settings.ts';
import { SettingsReader } from './settings-reader.ts';

export interface UppercaseSettings {
  /** Whose body becomes upper case. */
  readonly direction: 'request' | 'response' | 'both';
}

export function parseUppercaseSettings(settings: readonly MiddlewareSetting[]): ParsedSettings<UppercaseSettings> {
  const read = new SettingsReader(settings);
  return read.finish({ direction: read.oneOf('direction', ['request', 'response', 'both'], 'request') });
}

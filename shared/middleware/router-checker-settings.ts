/** `middleware.http.routerchecker` (spec/policy.md §4). Pure. */
import type { MiddlewareSetting } from '../table/middleware.ts';
import type { ParsedSettings } from './parsed-settings.ts';
import { SettingsReader } from './settings-reader.ts';

export interface RouterCheckerSettings {
  /** Path and query of each request must match it somewhere; anchors are the owner's. */
  readonly rule: RegExp;
}

const nothing = /(?!)/;

export function parseRouterCheckerSettings(
  settings: readonly MiddlewareSetting[],
): ParsedSettings<RouterCheckerSettings> {
  const read = new SettingsReader(settings);
  read.requiredText('rule');
  return read.finish({ rule: read.pattern('rule') ?? nothing });
}

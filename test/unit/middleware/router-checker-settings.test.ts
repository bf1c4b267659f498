import { expect, test } from 'vitest';
import { parseRouterCheckerSettings } from '#shared/middleware/router-checker-settings.ts';
import { settingsOf } from '../../support/settings-of.ts';

test('settings of middleware.http.routerchecker are one pattern', () => {
  const { settings } = parseRouterCheckerSettings(settingsOf({ Rule: '^[A-Za-z0-9/._-]+$\n' }));
  expect(['/a/b.c', '/a?b', '/é'].map((path) => settings?.rule.test(path))).toEqual([true, false, false]);
  expect(parseRouterCheckerSettings([]).mistakes).toEqual(['rule is missing']);
  expect(parseRouterCheckerSettings(settingsOf({ rule: '(' })).mistakes).toHaveLength(1);
});

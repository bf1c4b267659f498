import { expect, test } from 'vitest';
import { parseUppercaseSettings } from '#shared/middleware/uppercase-settings.ts';
import { settingsOf } from '../../support/settings-of.ts';

test('settings of middleware.http.uppercase are one word', () => {
  expect(parseUppercaseSettings([]).settings).toEqual({ direction: 'request' });
  expect(parseUppercaseSettings(settingsOf({ direction: 'Both' })).settings).toEqual({ direction: 'both' });
  expect(parseUppercaseSettings(settingsOf({ direction: 'up' })).mistakes).toEqual([
    'direction must be one of request, response, both',
  ]);
});

import { describe, expect, test } from 'vitest';
import { parseOAuth2Settings } from '#shared/middleware/oauth2-settings.ts';
import { settingsOf } from '../../support/settings-of.ts';

const given = {
  clientID: 'shop',
  clientSecret: 'told to nobody',
  authURL: 'https://login.example/auth',
  tokenURL: 'https://login.example/token',
  redirectURL: 'http://localhost:3500/v1.0/invoke/far/method/back',
};

describe('settings of middleware.http.oauth2', () => {
  test('has defaults for what Dapr has them for', () => {
    const { settings, mistakes, warnings } = parseOAuth2Settings(settingsOf(given));
    expect([mistakes, warnings]).toEqual([[], []]);
    expect(settings).toMatchObject({
      clientId: 'shop',
      scopes: [],
      authHeaderName: 'authorization',
      forceHttps: false,
      pathFilter: null,
      rootCa: null,
    });
    expect(settings?.clientSecret.reveal()).toBe('told to nobody');
  });

  test('takes all of them', () => {
    const more = { scopes: 'openid, profile', authHeaderName: 'X-Token', forceHTTPS: 'true', pathFilter: '^/private' };
    const { settings } = parseOAuth2Settings(settingsOf({ ...given, ...more }));
    expect(settings).toMatchObject({ scopes: ['openid', 'profile'], authHeaderName: 'x-token', forceHttps: true });
    expect(settings?.pathFilter?.test('/private/a')).toBe(true);
  });

  test('names everything that is missing', () => {
    expect(parseOAuth2Settings([]).mistakes).toEqual(Object.keys(given).map((name) => `${name} is missing`));
  });

  test.each([{ authHeaderName: 'a b' }, { authHeaderName: 'Host' }, { forceHTTPS: 'perhaps' }])(
    'refuses %o',
    (settings) => {
      expect(parseOAuth2Settings(settingsOf({ ...given, ...settings })).mistakes).toHaveLength(1);
    },
  );
});

import { describe, expect, test } from 'vitest';
import { parseBearerSettings } from '#shared/middleware/bearer-settings.ts';
import { settingsOf } from '../../support/settings-of.ts';

describe('settings of middleware.http.bearer', () => {
  test('takes Dapr’s older names', () => {
    const older = parseBearerSettings(settingsOf({ issuerURL: 'https://login.example', clientID: 'shop' }));
    const newer = parseBearerSettings(settingsOf({ issuer: 'https://login.example', audience: 'shop' }));
    expect(older).toEqual(newer);
    expect(newer).toMatchObject({
      settings: { issuer: 'https://login.example', audience: 'shop', jwksUrl: null, rootCa: null },
      warnings: [],
    });
  });

  test('needs issuer and audience', () => {
    expect(parseBearerSettings([]).mistakes).toEqual(['issuer is missing', 'audience is missing']);
  });

  test('an issuer need be no URL where its keys are found without it', () => {
    const given = { issuer: 'joe', audience: 'shop' };
    expect(parseBearerSettings(settingsOf(given)).mistakes).toHaveLength(1);
    const jwksURL = 'https://login.example/keys';
    expect(parseBearerSettings(settingsOf({ ...given, jwksURL })).settings).toMatchObject({ jwksUrl: jwksURL });
  });
});

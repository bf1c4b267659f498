import { describe, expect, test } from 'vitest';
import { parseOAuth2ClientCredentialsSettings } from '#shared/middleware/oauth2-client-credentials-settings.ts';
import { settingsOf } from '../../support/settings-of.ts';

const given = {
  clientID: 'shop',
  clientSecret: 'told to nobody',
  scopes: 'read, write',
  tokenURL: 'https://login.example/token',
  headerName: 'Authorization',
};

const parse = (more: Readonly<Record<string, string>>): ReturnType<typeof parseOAuth2ClientCredentialsSettings> =>
  parseOAuth2ClientCredentialsSettings(settingsOf({ ...given, ...more }));

describe('settings of middleware.http.oauth2clientcredentials', () => {
  test('has defaults for what Dapr has them for', () => {
    const { settings, mistakes, warnings } = parse({});
    expect([mistakes, warnings]).toEqual([[], []]);
    expect(settings).toMatchObject({
      clientId: 'shop',
      scopes: ['read', 'write'],
      headerName: 'authorization',
      endpointParams: [],
      authStyle: 'auto',
      pathFilter: null,
      audience: null,
      rootCa: null,
    });
  });

  test('reads further parameters as a query, values still not to be printed', () => {
    const { settings } = parse({ endpointParamsQuery: 'resource=https%3A%2F%2Fa&x=1&x=2' });
    expect(settings?.endpointParams.map(([name, value]) => [name, value.reveal()])).toEqual([
      ['resource', 'https://a'],
      ['x', '1'],
      ['x', '2'],
    ]);
    expect(JSON.stringify(settings)).not.toContain('https://a');
  });

  test('knows the styles by number', () => {
    const styleOf = (authStyle: string): unknown => parse({ authStyle }).settings?.authStyle;
    expect(['0', '1', '2'].map(styleOf)).toEqual(['auto', 'params', 'header']);
    expect(parse({ authStyle: '3' }).mistakes).toHaveLength(1);
  });

  test('names everything that is missing', () => {
    const { mistakes } = parseOAuth2ClientCredentialsSettings([]);
    expect([...mistakes].toSorted()).toEqual(
      Object.keys(given)
        .map((name) => `${name} is missing`)
        .toSorted(),
    );
  });
});

import { describe, expect, test } from 'vitest';
import { parseRouteAliasSettings } from '#shared/middleware/route-alias-settings.ts';
import { settingsOf } from '../../support/settings-of.ts';

const routesOf = (routes: string): unknown => {
  const { settings, mistakes } = parseRouteAliasSettings(settingsOf({ routes }));
  return settings?.routes.map(({ alias, route }) => [alias, route]) ?? mistakes;
};

describe('settings of middleware.http.routeralias', () => {
  test('takes JSON', () => {
    expect(routesOf('\n{ "/a/{id}": "/b?x=1", "/c": "/d" }\n')).toEqual([
      ['/a/{id}', '/b?x=1'],
      ['/c', '/d'],
    ]);
  });

  test('takes YAML with one route to a line', () => {
    const text = `---
# of the shop
  /mall#a/{id}: /v1.0/invoke/shop/method/mall

  "/quoted \\"x\\"" : '/it''s'   # a comment
  '/a: b': /c:d
`;
    expect(routesOf(text)).toEqual([
      ['/mall#a/{id}', '/v1.0/invoke/shop/method/mall'],
      ['/quoted "x"', "/it's"],
      ['/a: b', '/c:d'],
    ]);
  });

  test.each([
    ['/a: /b\n/c:\n  /d: /e', 2],
    ['/a: /b\n  /c: /d', 2],
    ['- /a', 1],
    ['/a: *x', 1],
    ['/a: [b]', 1],
    ['/a: "b', 1],
    ['/a: "b" c', 1],
    ['/a:/b', 1],
    ['/a', 1],
    ['/a: |', 1],
  ])('says at which line it is neither: %j', (text, line) => {
    expect(routesOf(text)).toEqual([
      `routes must be JSON, or YAML with one "alias: path" to a line; line ${line} is neither`,
    ]);
  });

  test('says what else is wrong', () => {
    expect(routesOf('{ "/a": ')).toEqual(['routes begins as JSON does and is no JSON']);
    expect(routesOf('{ "/a": 7 }')).toEqual(['routes must map each alias to a text']);
    expect(routesOf('')).toEqual(['routes is missing']);
    expect(routesOf('a: /b\n/c: d\n/{a}b: /c\n/{a-b}: /c\n/{}: /c\n/a: /b#c')).toEqual([
      'route 1: alias and path must both begin with a slash',
      'route 2: alias and path must both begin with a slash',
      'route 3: a variable is a name in braces, such as {id}, in the place of one segment',
      'route 4: a variable is a name in braces, such as {id}, in the place of one segment',
      'route 5: a variable is a name in braces, such as {id}, in the place of one segment',
      'route 6: a path has no fragment (#)',
    ]);
  });

  test('takes Dapr’s older form: each item is a route', () => {
    expect(parseRouteAliasSettings(settingsOf({ '/A/{id}': '/b', '/c': '/d' }))).toEqual({
      settings: {
        routes: [
          { alias: '/A/{id}', route: '/b' },
          { alias: '/c', route: '/d' },
        ],
      },
      mistakes: [],
      warnings: [],
    });
    const both = parseRouteAliasSettings(settingsOf({ '/a': '/b', routes: '{"/c":"/d"}' }));
    expect(both.settings?.routes).toEqual([{ alias: '/c', route: '/d' }]);
    expect(both.warnings).toHaveLength(1);
  });
});

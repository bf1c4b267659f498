import { describe, expect, test } from 'vitest';
import { decideCors, type CorsRequest } from '../../../proxy/policy/cors.ts';

const simple: CorsRequest = {
  method: 'GET',
  origin: 'https://shop.example',
  requestMethod: undefined,
  requestHeaders: undefined,
};
const preflight: CorsRequest = {
  ...simple,
  method: 'OPTIONS',
  requestMethod: 'PUT',
  requestHeaders: 'x-a, content-type',
};
const preflightVary = [
  'Vary',
  'Origin',
  'Vary',
  'Access-Control-Request-Method',
  'Vary',
  'Access-Control-Request-Headers',
];

describe('a request that is no preflight', () => {
  test('gets its origin back when it is allowed', () => {
    expect(decideCors(simple, ['https://other.example', 'https://shop.example'])).toEqual({
      isPreflight: false,
      headers: ['Vary', 'Origin', 'Access-Control-Allow-Origin', 'https://shop.example'],
    });
  });

  test('gets * when everybody is allowed, and never credentials', () => {
    expect(decideCors(simple, ['*']).headers).toEqual(['Vary', 'Origin', 'Access-Control-Allow-Origin', '*']);
  });

  test('from another origin gets no permission', () => {
    expect(decideCors(simple, ['https://other.example'])).toEqual({ isPreflight: false, headers: ['Vary', 'Origin'] });
  });

  test('without Origin, or with CORS off, is left alone', () => {
    expect(decideCors({ ...simple, origin: undefined }, ['*'])).toEqual({ isPreflight: false, headers: [] });
    expect(decideCors(preflight, [])).toEqual({ isPreflight: false, headers: [] });
  });

  test('may be an OPTIONS of its own', () => {
    expect(decideCors({ ...simple, method: 'OPTIONS' }, ['*']).isPreflight).toBe(false);
  });
});

describe('a preflight', () => {
  test('is told the method and the headers that it asked for', () => {
    expect(decideCors(preflight, ['https://shop.example'])).toEqual({
      isPreflight: true,
      headers: [
        ...preflightVary,
        'Access-Control-Allow-Origin',
        'https://shop.example',
        'Access-Control-Allow-Methods',
        'PUT',
        'Access-Control-Allow-Headers',
        'x-a, content-type',
      ],
    });
  });

  test('without headers is told none', () => {
    expect(decideCors({ ...preflight, requestHeaders: '' }, ['*']).headers).toEqual([
      ...preflightVary,
      'Access-Control-Allow-Origin',
      '*',
      'Access-Control-Allow-Methods',
      'PUT',
    ]);
  });

  test('for a method or an origin that is not allowed gets no permission', () => {
    const nothing = { isPreflight: true, headers: preflightVary };
    expect(decideCors({ ...preflight, requestMethod: 'TRACE' }, ['*'])).toEqual(nothing);
    expect(decideCors(preflight, ['https://other.example'])).toEqual(nothing);
  });

  test.for(['HEAD', 'GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'put'])('may ask for %s', (requestMethod) => {
    expect(decideCors({ ...preflight, requestMethod }, ['*']).headers).toContain(requestMethod.toUpperCase());
  });
});

describe('an allowed origin', () => {
  test.for([
    ['https://shop.example', 'https://shop.example', true],
    ['HTTPS://Shop.Example', 'https://shop.example', true],
    ['https://shop.example', 'https://shop.example:8443', false],
    ['https://shop.example', 'http://shop.example', false],
    ['https://*.example', 'https://shop.example', true],
    ['https://*.example', 'https://a.b.example', true],
    ['https://*.example', 'https://example', false],
    ['https://*.example', 'https://shop.example.evil', false],
    ['https://*.example', 'http://shop.example', false],
    ['http://localhost:*', 'http://localhost:3000', true],
    ['https://shop.example', 'null', false],
  ] as const)('%s and %s: %s', ([allowed, origin, isAllowed]) => {
    expect(decideCors({ ...simple, origin }, [allowed]).headers.includes('Access-Control-Allow-Origin')).toBe(
      isAllowed,
    );
  });
});

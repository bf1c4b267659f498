/** No spelling of a path, and no other way to name a target, goes round a filter. */
import { describe, expect, test } from 'vitest';
import { compileLinearRegExp } from '#shared/regexp/linear-regexp.ts';
import { isFiltered } from '../../../proxy/middleware/path-filter.ts';
import { basicTarget } from '../../support/ask.ts';
import { middlewareRequest } from '../../support/middleware-request.ts';

const filter = { pattern: compileLinearRegExp('^/api/admin(/|$)'), namespace: 'shop' };

test.each([
  '/api/admin',
  '/api/admin/x',
  '/api/%61dmin',
  '/%61%70%69/admin',
  '/api%2fadmin',
  '//api/admin',
  '/api//admin',
  '/api/./admin',
  '/x/../api/admin',
  '/x/%2e%2e/api/admin',
  '/api/x/../admin/y',
  '/api/admin/../public',
  '\\api\\admin',
  '/api%5Cadmin',
  // By a server that decodes twice, as two in a row do, or takes the parameters of a segment away.
  '/api/%2561dmin',
  '/api/%252561dmin',
  '/api/%61dmin/100%25',
  '/api/%2561dmin/100%25',
  '/api/%2561dmin/%25e9',
  '/api/%2561dmin/100%2525',
  '/api;v=1/admin',
  '/api/admin;v=1/x',
  '/api%3bv=1/admin',
  // What the proxy does not send on is not let by either.
  '/public/..%2fapi',
  '/public%zz',
  '/public%00',
  '/caf%e9',
])('%s is looked at', (path) => {
  expect(isFiltered(middlewareRequest({ path }), filter)).toBe(true);
});

test.each(['/', '/public', '/api', '/api/administration', '/x/api/admin', '/100%25', '/caf%25e9'])(
  '%s is not',
  (path) => {
    expect(isFiltered(middlewareRequest({ path }), filter)).toBe(false);
  },
);

test('without a filter everything is', () => {
  expect(isFiltered(middlewareRequest(), { pattern: null, namespace: 'shop' })).toBe(true);
});

describe('a filter of httpPipeline', () => {
  const ways = [
    ['/v1.0/invoke/up/method/admin', {}],
    ['/v1.0/invoke/up.shop/method/admin', {}],
    ['/v1.0/invoke/%75p/method//admin', {}],
    ['/v1.0/invoke/up/method/x/../../admin', {}],
    ['//v1.0//invoke//up/method/admin', {}],
    ['/admin', { 'dapr-app-id': ['up'] }],
    ['/admin', { 'dapr-app-id': ['up.shop'] }],
    ['/admin', { authorization: [basicTarget('up')[1] ?? ''] }],
  ] as const;
  const looksAt = (pattern: string, path: string, headers: Record<string, readonly string[]>): boolean =>
    isFiltered(middlewareRequest({ pipeline: 'http', path, headers }), {
      pattern: compileLinearRegExp(pattern),
      namespace: 'shop',
    });

  test.each(ways)('looks at %s with %j, however it names the target', (path, headers) => {
    expect(looksAt('^/v1\\.0/invoke/up/method/admin', path, headers)).toBe(true);
    expect(looksAt('^/v1\\.0/invoke/up\\.shop/method/admin', path, headers)).toBe(true);
    expect(looksAt('^/v1\\.0/invoke/down/', path, headers)).toBe(false);
  });

  test('looks at a name that cannot be read', () => {
    expect(looksAt('^/never$', '/v1.0/invoke/%zz/method/x', {})).toBe(true);
  });
});

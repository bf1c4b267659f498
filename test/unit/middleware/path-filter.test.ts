/** No spelling of a path goes round a filter. */
import { expect, test } from 'vitest';
import { compileLinearRegExp } from '#shared/regexp/linear-regexp.ts';
import { isFiltered } from '../../../proxy/middleware/path-filter.ts';

const filter = compileLinearRegExp('^/api/admin(/|$)');

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
  // What the proxy does not send on is not let by either.
  '/public/..%2fapi',
  '/public%zz',
  '/public%00',
  '/caf%e9',
])('%s is looked at', (path) => {
  expect(isFiltered(path, filter)).toBe(true);
});

test.each(['/', '/public', '/api', '/api/administration', '/x/api/admin'])('%s is not', (path) => {
  expect(isFiltered(path, filter)).toBe(false);
});

test('without a filter everything is', () => {
  expect(isFiltered('/', null)).toBe(true);
});

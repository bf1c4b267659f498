import { expect, test } from 'vitest';
import { opaInput, type OpaView } from '../../../proxy/middleware/opa/opa-input.ts';
import { middlewareRequest } from '../../support/middleware-request.ts';

const view = (includedHeaders: readonly string[], body: string): OpaView => ({
  includedHeaders,
  namespace: 'shop',
  body,
});

test('a policy sees what the documents of Dapr name', () => {
  const request = middlewareRequest({
    method: 'POST',
    path: '/v1.0/orders/7/',
    search: '?a=1&b=x%20y&a=2+3',
    headers: { 'x-trace-id': ['one', 'two'], cookie: ['secret'] },
  });
  expect(opaInput(request, view(['x-trace-id', 'x-other'], 'text'))).toEqual({
    request: {
      method: 'POST',
      path: '/v1.0/orders/7/',
      path_parts: ['v1.0', 'orders', '7'],
      raw_query: 'a=1&b=x%20y&a=2+3',
      query: { a: ['1', '2 3'], b: ['x y'] },
      headers: { 'X-Trace-Id': 'one, two' },
      scheme: 'https',
      body: 'text',
    },
  });
});

test.each([
  ['/%61dmin/x', '/admin/x', ['admin', 'x']],
  ['/caf%C3%A9', '/café', ['café']],
  ['/a%2Fb', '/a/b', ['a', 'b']],
  ['/%ff', '/\ufffd', ['\ufffd']],
  ['/', '/', ['']],
  ['/a//b', '/a/b', ['a', 'b']],
  ['/a/x/../b', '/a/b', ['a', 'b']],
  ['/a\\b', '/a/b', ['a', 'b']],
])('no escape hides anything: %s', (path, decoded, parts) => {
  const { request } = opaInput(middlewareRequest({ path }), view([], ''));
  expect(request).toMatchObject({ path: decoded, path_parts: parts });
});

test.each([
  ['//v1.0/invoke/up/method/admin', {}],
  ['/v1.0/invoke/up/method//admin', {}],
  ['/v1.0/invoke/up.shop/method/admin', {}],
  ['/admin', { 'dapr-app-id': ['up'] }],
  ['/admin', { authorization: [`Basic ${Buffer.from('dapr-app-id:up').toString('base64')}`] }],
] as const)('a call is one path, however it is written: %s %j', (path, headers) => {
  const { request } = opaInput(middlewareRequest({ pipeline: 'http', path, headers }), view([], ''));
  expect(request.path).toBe('/v1.0/invoke/up/method/admin');
});

test('a path that is not sent on is refused before a policy is asked', () => {
  expect(() => opaInput(middlewareRequest({ path: '/a/..%2fb' }), view([], ''))).toThrow('ambiguous dot segment');
});

test('names of a query are never taken for something else', () => {
  const { request } = opaInput(middlewareRequest({ search: '?__proto__=1&constructor=2' }), view([], ''));
  expect(JSON.parse(JSON.stringify(request.query))).toEqual(JSON.parse('{"__proto__":["1"],"constructor":["2"]}'));
  expect(Object.keys(request.query)).toEqual(['__proto__', 'constructor']);
});

test('a field that is not ASCII is read as UTF-8', () => {
  const headers = { 'x-city': [Buffer.from('Köln').toString('latin1')] };
  expect(opaInput(middlewareRequest({ headers }), view(['x-city'], '')).request.headers).toEqual({ 'X-City': 'Köln' });
});

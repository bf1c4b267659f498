/** What requests are counted by. */
import { describe, expect, test } from 'vitest';
import { parseKeyTemplate } from '#shared/middleware/key-template.ts';
import { requestKey } from '../../../proxy/middleware/ratelimit/request-key.ts';
import { basicTarget } from '../../support/ask.ts';
import { middlewareRequest, type FakeRequestOptions } from '../../support/middleware-request.ts';

function keyOf(template: string, options: FakeRequestOptions = {}): string {
  return requestKey(parseKeyTemplate(template).parts ?? [], middlewareRequest(options), {
    appId: 'orders',
    namespace: 'shop',
  });
}

describe('a key', () => {
  test.each([
    ['', ''],
    ['{remoteAddress}', '127.0.0.1'],
    ['{appId}', 'orders'],
    ['{endpoint}', ''],
    ['{method}{path}', 'GET\n/a'],
    ['all', 'all'],
  ])('of the template "%s"', (template, key) => {
    expect(keyOf(template, { path: '/a' })).toBe(key);
  });

  test('joins the fields of a header', () => {
    const headers = { 'x-tenant': ['one', 'two'] };
    expect(keyOf('{header:X-Tenant}', { headers })).toBe('one, two');
    expect(keyOf('{header:X-Other}', { headers })).toBe('');
  });

  test('keeps what a caller chooses apart', () => {
    const one = keyOf('{header:a}{header:b}', { headers: { a: ['xy'], b: ['z'] } });
    const other = keyOf('{header:a}{header:b}', { headers: { a: ['x'], b: ['yz'] } });
    expect(one).not.toBe(other);
  });

  test('is short, however long the request', () => {
    const one = keyOf('{path}', { path: `/${'a'.repeat(10_000)}` });
    const other = keyOf('{path}', { path: `/${'a'.repeat(10_000)}b` });
    expect(one).toHaveLength(45);
    expect(other).not.toBe(one);
  });

  test.each(['/a/b', '//a/b', '/a//b', '/a/%62', '/a/x/../b', '/a\\b'])(
    'has one path for all spellings: %s',
    (path) => {
      expect(keyOf('{path}', { path })).toBe('/a/b');
    },
  );

  test.each([
    ['/v1.0/invoke/up/method/a', {}],
    ['/v1.0/invoke/up.shop/method/x/../%61', {}],
    ['//v1.0//invoke/%75p/method/a', {}],
    ['/a', { 'dapr-app-id': ['up'] }],
    ['/a', { authorization: [basicTarget('up')[1] ?? ''] }],
  ])('has one path for all ways to name a target: %s', (path, headers) => {
    expect(keyOf('{path}', { pipeline: 'http', path, headers })).toBe('/v1.0/invoke/up/method/a');
  });

  test('has the path as sent where no other is sent on', () => {
    expect(keyOf('{path}', { path: '/a%zz' })).toBe('/a%zz');
  });
});

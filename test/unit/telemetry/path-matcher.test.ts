/** Path patterns match as Go's ServeMux does, below the invoke API too, and a bad one costs only itself. */
import { describe, expect, test } from 'vitest';
import { PathMatcher } from '../../../proxy/telemetry/path-matcher.ts';
import { memoryLogger, type LogLine } from '../../support/memory-logger.ts';

function matcher(...patterns: readonly string[]): {
  match: (path: string, method?: string) => string | null;
  lines: LogLine[];
} {
  const lines: LogLine[] = [];
  const made = new PathMatcher(patterns, memoryLogger(lines));
  return { match: (path, method = 'GET') => made.match(method, path)?.text ?? null, lines };
}

describe('a pattern', () => {
  test.each([
    ['/orders/{id}', '/orders/7', true],
    ['/orders/{id}', '/orders', false],
    ['/orders/{id}', '/orders/', false],
    ['/orders/{id}', '/orders/7/items', false],
    ['/orders/{id}', '/orders/a%2Fb', true],
    ['/files/{rest...}', '/files/a/b/c', true],
    ['/files/{rest...}', '/files/', true],
    ['/static/', '/static/a/b', true],
    ['/static/', '/static/', true],
    ['/static/', '/static', true],
    ['/static/', '/statics', false],
    ['/only/{$}', '/only/', true],
    ['/only/{$}', '/only/a', false],
    ['/a b', '/a%20b', true],
    ['/', '/anything/at/all', true],
    ['orders', '/orders', true],
    ['//orders//{id}', '/orders/7', true],
    ['/bad-escape', '/bad%zz', false],
  ])('%s and %s: %s', (pattern, path, isMatch) => {
    expect(matcher(pattern).match(path) !== null).toBe(isMatch);
  });

  test('the narrowest of several wins, whatever their order', () => {
    const patterns = ['/', '/orders/{id}', '/orders/special', '/orders/{id}/items/{item}', '/orders/{rest...}'];
    for (const order of [patterns, patterns.toReversed()]) {
      const { match, lines } = matcher(...order);
      expect(lines).toEqual([]);
      expect(match('/orders/special')).toBe('/orders/special');
      expect(match('/orders/7')).toBe('/orders/{id}');
      expect(match('/orders/7/items/1')).toBe('/orders/{id}/items/{item}');
      expect(match('/orders/7/else')).toBe('/orders/{rest...}');
      expect(match('/users')).toBe('/');
    }
  });

  test('with a verb matches that verb alone, and GET matches HEAD too', () => {
    const { match } = matcher('GET /orders/{id}', 'POST /orders');
    expect(match('/orders/7', 'GET')).toBe('/orders/{id}');
    expect(match('/orders/7', 'HEAD')).toBe('/orders/{id}');
    expect(match('/orders/7', 'POST')).toBeNull();
    expect(match('/v1.0/invoke/shop/method/orders', 'POST')).toBe('/v1.0/invoke/{app_id}/method/orders');
  });

  test('counts below the invoke API as well, unless it names that API itself', () => {
    const { match } = matcher('/orders/{id}', '/v1.0/invoke/shop/method/{rest...}');
    expect(match('/v1.0/invoke/billing/method/orders/7')).toBe('/v1.0/invoke/{app_id}/method/orders/{id}');
    expect(match('/v1.0/invoke/shop/method/orders/7')).toBe('/v1.0/invoke/shop/method/{rest...}');
    expect(matcher('/{app_id}').match('/v1.0/invoke/shop/method/x')).toBe('/v1.0/invoke/{app_id}/method/{app_id}');
    expect(match('/v1.0/invoke/shop/method/stock')).toBe('/v1.0/invoke/shop/method/{rest...}');
  });
});

describe('a pattern that cannot be used', () => {
  test.each([
    ['/orders/{id', 'a wildcard must be a whole segment'],
    ['/orders/x{id}', 'a wildcard must be a whole segment'],
    ['/orders/{}', '"{}" is not a wildcard'],
    ['/orders/{a-b}', '"{a-b}" is not a wildcard'],
    ['/orders/{$}/items', '"{$}" is not a wildcard'],
    ['/orders/{rest...}/items', '"{rest...}" is not at the end'],
    ['/{id}/{id}', 'it has two wildcards named "id"'],
    ['/a/../b', 'a dot segment never matches'],
    ['', 'it is empty'],
    [`/${'x'.repeat(2_000)}`, 'it is longer than 1024 characters'],
  ])('%s is named in one warning with its reason', (pattern, reason) => {
    const { match, lines } = matcher(pattern, '/fine');
    expect(lines).toEqual([
      {
        level: 'warn',
        message: 'some path patterns of the metrics configuration are skipped',
        fields: { skipped: [{ pattern: pattern.slice(0, 200), reason }] },
      },
    ]);
    expect(match('/fine')).toBe('/fine');
  });

  test.each([
    ['/a/{x}', '/{y}/b'],
    ['GET /a/{x}', '/a/b'],
    ['/a/{x}', '/a/{other}'],
  ])('%s hides a later %s that overlaps it, and says so', (first, second) => {
    const { match, lines } = matcher(first, second);
    expect(lines).toHaveLength(1);
    expect(lines[0]?.fields).toMatchObject({ skipped: [{ pattern: second }] });
    expect(match('/a/b')).toBe(first.replace('GET ', ''));
  });

  test('a pattern given twice is no mistake', () => {
    expect(matcher('/a/{x}', '/a/{x}').lines).toEqual([]);
  });

  test('more patterns than are held are refused, not kept', () => {
    const { lines, match } = matcher(...Array.from({ length: 400 }, (_, index) => `/p${index}/{id}`));
    expect(lines).toHaveLength(1);
    expect(match('/p0/7')).toBe('/p0/{id}');
    expect(match('/p399/7')).toBeNull();
  });
});

/** Users' regular expressions run in linear time, or not at all. */
import { describe, expect, test } from 'vitest';
import { compileLinearRegExp, replaceAsGo } from '#shared/regexp/linear-regexp.ts';

describe('compileLinearRegExp', () => {
  test.each([
    ['/orders/\\d+', '/orders/{id}', '/orders/77/items', '/orders/{id}/items'],
    ['[0-9a-f]{24}', 'ID', `/x/${'0af'.repeat(8)}/y`, '/x/ID/y'],
    ['[0-9a-f]{20,40}', 'ID', `/x/${'0af'.repeat(12)}/y`, '/x/ID/y'],
    ['\\d{18,}', 'ID', `/x/${'1'.repeat(30)}`, '/x/ID'],
    ['[a{20}]', '.', 'b{2', 'b..'],
    ['(?P<kind>users|orders)/(\\w+)', '${kind}/$$/$2', 'users/ann', 'users/$/ann'],
    ['\\A/a.*\\z', '$0!', '/a/b', '/a/b!'],
    ['(?s)a.b', 'X', 'a\nb', 'X'],
    ['x', '$1${9}$&', 'axb', 'a$&b'],
  ])('%s replaced by %s in %s', (pattern, template, text, expected) => {
    expect(replaceAsGo(text, compileLinearRegExp(pattern, 'g'), template)).toBe(expected);
  });

  test.each(['(', '(?=a)', '(a)\\1', '(?i)a', 'a{2000}', 'a{30,20}', 'a'.repeat(2_000)])('refuses %s', (pattern) => {
    expect(() => compileLinearRegExp(pattern)).toThrow(SyntaxError);
  });

  test('a pattern that would backtrack for hours elsewhere answers at once', () => {
    const started = process.cpuUsage();
    expect(compileLinearRegExp('^(a+)+$').test(`${'a'.repeat(160)}!`)).toBe(false);
    expect(process.cpuUsage(started).user).toBeLessThan(1_000_000);
  });
});

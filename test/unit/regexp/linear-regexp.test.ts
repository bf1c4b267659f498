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

  test.each([
    ['^/[[:alpha:]]+$', ['/abc'], ['/a1', '/:']],
    ['^[[:^digit:]1][[:/]$', ['a[', '1:', '1/'], ['2/']],
    ['^/[]a]$', ['/]', '/a'], ['/b', '/']],
    ['^[^]a]$', ['b'], [']', 'a']],
    ['^\\Q/v1.0/a+\\E$', ['/v1.0/a+'], ['/v1x0/a+', '/v1.0/aa']],
    ['^\\Qa', ['a'], []],
    ['(\\A/a|/b\\z)', ['/a', '/x/b'], ['A/', 'x/a', '/bz']],
    ['^\\x{61}\\x62\\143$', ['abc'], ['x']],
    ['^[\\x{61}-\\x63\\-]$', ['b', '-'], ['d', '{']],
    ['^a\\a\\t$', ['a\u0007\t'], ['aa\t']],
    ['^a{2,3}?b{0}(?:cd){2}$', ['aacdcd', 'aaacdcd'], ['abcdcd', 'aaaacdcd']],
    ['^{a{,2}}]$', ['{a{,2}}]'], ['{aa}]']],
    ['^.\\s$', ['\r\f'], ['\n ', 'a\v', 'a\u00a0']],
    ['(?s)^.$', ['\n'], []],
    ['^[\\D-]$', ['-', 'x', '\u1234'], ['1']],
    ['^\u{1f600}{2}$', ['\u{1f600}\u{1f600}'], ['\u{1f600}']],
    ['(?i)^/Admin[a-c[:digit:]]$', ['/ADMINB', '/admin7', '/adminC'], ['/admind']],
    ['(?i)^[^x]\\W$', ['a.'], ['X.', 'x.', 'aB']],
    ['(?i:ab)c$', ['ABc', 'abc'], ['ABC']],
    ['^(?:(?i)a|b)c(?-i)$', ['Ac', 'Bc'], ['AC']],
    ['(?im)^a$', ['x\nA\ny'], ['xa']],
  ])('%s is read as Go reads it', (pattern, matching, others) => {
    const compiled = compileLinearRegExp(pattern);
    for (const text of matching) expect(compiled.test(text), text).toBe(true);
    for (const text of others) expect(compiled.test(text), text).toBe(false);
  });

  test.each([
    ...'( ) [a [ (?=a) (?!a) (?<=a) (a)\\1 a** {3} a{2}{3} a\\ a{2000} a{30,20} [z-a] [a-\\d]'.split(' '),
    ...'(?U)a a(?m)b (?m)a\\z \\pL \\p{Greek} [\\pN] \\C \\Z \\y \\u0041 \\cA \\xg0 \\x{110000} \\8'.split(' '),
    ...'[[:letter:]] [[::]] (?i)\u00e9 (?i)[\u00e0-\u00e9] [\u{1f600}]'.split(' '),
    'a'.repeat(2_000),
  ])('refuses %s', (pattern) => {
    expect(() => compileLinearRegExp(pattern)).toThrow(SyntaxError);
  });

  test('a pattern that would backtrack for hours elsewhere answers at once', () => {
    const started = process.cpuUsage();
    expect(compileLinearRegExp('^(a+)+$').test(`${'a'.repeat(160)}!`)).toBe(false);
    expect(process.cpuUsage(started).user).toBeLessThan(1_000_000);
  });
});

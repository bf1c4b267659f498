import { describe, expect, test } from 'vitest';
import { ProxyError } from '#shared/errors/proxy-error.ts';
import { checkPath } from '../../../proxy/target/check-path.ts';

function codeOf(path: string): string {
  try {
    checkPath(path);
  } catch (error) {
    if (error instanceof ProxyError) return error.code;
    throw error;
  }
  return 'none';
}

describe('what a caller may send passes as it came', () => {
  test.for([
    '',
    '/',
    'a/b',
    'a/b/',
    'a//b',
    '//a',
    'a%2Fb',
    'a%2fb',
    'a+b',
    'a%20b',
    '100%25',
    '%2561dmin',
    'test%25stream',
    'a%3Fb%23c',
    'a.b',
    '.well-known/x',
    '..a',
    'a..',
    '...',
    'a;b=c/d',
    'a\\b',
    '"*|^`{}',
    'caf\u00e9',
    '%C3%A9',
    '%252Fa',
    'a%252E',
    'x/%2Ehidden',
  ])('%s', (path) => {
    expect(checkPath(path)).toBe(path);
  });
});

describe('plain dot segments are resolved, never above the base', () => {
  test.for([
    ['a/../b', 'b'],
    ['a/./b', 'a/b'],
    ['./a', 'a'],
    ['../a', 'a'],
    ['../../../a', 'a'],
    ['a/../../b', 'b'],
    ['a/..', ''],
    ['a/b/..', 'a/'],
    ['a/b/.', 'a/b/'],
    ['..', ''],
    ['.', ''],
    ['a/../b//c/', 'b//c/'],
    ['%2e%2e/a', 'a'],
    ['a/%2E%2e/b', 'b'],
    ['a/.%2e/b', 'b'],
    ['a/%2E/b', 'a/b'],
    ['a//../b', 'a/b'],
  ])('%s becomes %s', ([path, resolved]) => {
    expect(checkPath(path ?? '')).toBe(resolved);
  });
});

describe('text that some server may read as a way up is refused', () => {
  test.for([
    '..%2fa',
    '..%2Fa',
    'a%2f..%2fb',
    'a%2f..',
    '%2e%2e%2fa',
    '..\\a',
    'a\\..\\b',
    'a\\..',
    '..%5ca',
    '%2e%2e%5Ca',
    'a%5c..',
    '..;/a',
    'a/..;x=1/b',
    '.;/a',
    '..%3b/a',
    '%2e%2e;/a',
    '%252e%252e/a',
    '.%252e/a',
    '..%252fa',
    '%252e%252e%252fa',
    '..%255ca',
    '..%253b/a',
    'a%252f..%252fb',
    '%2e%252e/a',
    'a/%252E%252E',
    '%25252e%25252e/a',
  ])('%s', (path) => {
    expect(codeOf(path)).toBe('bad-request');
  });
});

describe('what no path may hold is refused', () => {
  test.for(['%', 'a%2', '%zz', 'a%2/b', '100%', '%u002e%u002e/a', '%00', 'a%0d%0ab', '%1F', '%7f', 'a#b', '#'])(
    '%s',
    (path) => {
      expect(codeOf(path)).toBe('bad-request');
    },
  );
});

test('the refusal says what is wrong and repeats nothing of the path', () => {
  expect(() => checkPath('secret/..%2fa')).toThrow(/^invalid path: it contains an ambiguous dot segment$/);
  expect(() => checkPath('secret/%')).toThrow(/^invalid path: it contains a percent sign that begins no valid escape$/);
  expect(() => checkPath('secret/%00')).toThrow(/^invalid path: it contains an encoded control character$/);
});

import { describe, expect, test } from 'vitest';
import { ProxyError } from '#shared/errors/proxy-error.ts';
import { hasTargetHeader, isUrlTarget, parseTarget, type TargetHeaders } from '../../../proxy/target/parse-target.ts';

const noHeaders: TargetHeaders = { appId: undefined, authorization: undefined };

function basic(text: string): TargetHeaders {
  return { appId: undefined, authorization: `Basic ${Buffer.from(text).toString('base64')}` };
}

function failureOf(url: string, headers: TargetHeaders = noHeaders): { code: string; message: string } {
  try {
    parseTarget(url, headers);
  } catch (error) {
    if (error instanceof ProxyError) return { code: error.code, message: error.message };
    throw error;
  }
  return { code: 'none', message: '' };
}

describe('the path form', () => {
  test.for([
    ['/v1.0/invoke/myapp/method/a/b', 'myapp', 'a/b'],
    ['/v1.0/invoke/myapp/method/', 'myapp', ''],
    ['//v1.0///invoke//myapp/method/foo', 'myapp', 'foo'],
    ['/v1.0/invoke/http://example.com/method/foo', 'http://example.com', 'foo'],
    ['/v1.0/invoke/http%3A%2F%2Fexample.com/method/foo', 'http://example.com', 'foo'],
    ['/v1.0/invoke/http%3A//example.com/method/foo', 'http://example.com', 'foo'],
    ['/v1.0/invoke/http:%2F%2Fexample.com/method/foo', 'http://example.com', 'foo'],
    ['/v1.0/invoke/https://h:8443/api/method/x/y', 'https://h:8443/api', 'x/y'],
    ['/v1.0/invoke/http:/example.com/method/foo', 'http:/example.com', 'foo'],
    ['/v1.0/invoke/HTTP://example.com/method/foo', 'HTTP://example.com', 'foo'],
    ['/v1.0/invoke/a.b.c/method/foo', 'a.b.c', 'foo'],
    ['/v1.0/invoke/http://h/a/method/b/method/c', 'http://h/a', 'b/method/c'],
    ['/v1.0/invoke/my%20app/method/foo', 'my app', 'foo'],
  ])('%s names %s and %s', ([url, name, path]) => {
    expect(parseTarget(url ?? '', noHeaders)).toEqual({ name, path, search: '', fromAuthorization: false });
  });

  test.for([
    ['/v1.0/invoke/app/method/a/../b//c/', 'a/../b//c/'],
    ['/v1.0/invoke/app/method//foo', '/foo'],
    ['/v1.0/invoke/app/method/a%2Fb', 'a%2Fb'],
    ['/v1.0/invoke/app/method/a+b%20c', 'a+b%20c'],
    ['/v1.0/invoke/app/method/%2561dmin', '%2561dmin'],
    ['/v1.0/invoke/app/method/end/', 'end/'],
  ])('%s keeps the raw path %s', ([url, path]) => {
    expect(parseTarget(url ?? '', noHeaders).path).toBe(path);
  });

  test.for([
    ['http://h/a+b', 'http://h/a+b'],
    ['http://h/50%25', 'http://h/50%25'],
    ['http://h/a%3Fb', 'http://h/a%3Fb'],
    ['http%3A%2F%2Fh%2Fa%2Bb', 'http://h/a+b'],
    ['http%3A%2F%2Fh%2F50%2525', 'http://h/50%25'],
  ])('a URL written as %s is the target %s: decoded at most once, and + stays +', ([written, name]) => {
    expect(parseTarget(`/v1.0/invoke/${written ?? ''}/method/x`, noHeaders).name).toBe(name);
  });

  test.for([
    '/v1.0/invoke/myapp/method',
    '/v1.0/invoke/myapp',
    '/v1.0/invoke//method/foo',
    '/v1.0/invoke/',
    '/',
    '/foo',
  ])('%s names nobody, in the words of Dapr', (url) => {
    expect(failureOf(url)).toEqual({
      code: 'target-missing',
      message: 'failed getting app id either from the URL path or the header dapr-app-id',
    });
  });

  test.for(['/v1.0/invoke/a%/method/x', '/v1.0/invoke/a%zz/method/x', '/v1.0/invoke/%ff/method/x'])(
    '%s is refused: its target cannot be decoded',
    (url) => {
      expect(failureOf(url).code).toBe('bad-request');
    },
  );

  test('keeps the query as sent, a bare question mark too', () => {
    expect(parseTarget('/v1.0/invoke/a/method/b?x=1&x=%2F?', noHeaders).search).toBe('?x=1&x=%2F?');
    expect(parseTarget('/v1.0/invoke/a/method/b?', noHeaders).search).toBe('?');
    expect(parseTarget('/v1.0/invoke/a/method/b', noHeaders).search).toBe('');
  });

  test('does not look for the method in the query', () => {
    expect(failureOf('/v1.0/invoke/a?/method/b').code).toBe('target-missing');
  });

  test('takes the absolute form of a request that was meant for a forward proxy', () => {
    expect(parseTarget('http://localhost:3500/v1.0/invoke/a/method/b?c', noHeaders)).toEqual({
      name: 'a',
      path: 'b',
      search: '?c',
      fromAuthorization: false,
    });
  });
});

describe('the dapr-app-id header', () => {
  test.for([
    ['/', ''],
    ['/foo/', 'foo/'],
    ['///foo', '//foo'],
    ['/v1.0/invoke/b/method/x', 'v1.0/invoke/b/method/x'],
    ['/a%2Fb', 'a%2Fb'],
  ])('makes the whole path %s the method %s', ([url, path]) => {
    const target = parseTarget(url ?? '', { appId: 'app', authorization: undefined });
    expect(target).toEqual({ name: 'app', path, search: '', fromAuthorization: false });
  });

  test('is taken as it is: neither decoded nor trimmed, and may be a URL', () => {
    expect(parseTarget('/x', { ...noHeaders, appId: 'a%20b' }).name).toBe('a%20b');
    expect(parseTarget('/x', { ...noHeaders, appId: 'http://h:1/base' }).name).toBe('http://h:1/base');
  });

  test('counts for nothing when it is empty', () => {
    expect(failureOf('/x', { ...noHeaders, appId: '' }).code).toBe('target-missing');
  });

  test('beats the Basic form, whose pseudo-credential is dropped all the same', () => {
    const target = parseTarget('/x', { ...basic('dapr-app-id:other'), appId: 'first' });
    expect(target).toMatchObject({ name: 'first', fromAuthorization: true });
  });
});

describe('the Basic form', () => {
  test('names the target and is marked as not for the upstream', () => {
    expect(parseTarget('/foo/?q', basic('dapr-app-id:myapp'))).toEqual({
      name: 'myapp',
      path: 'foo/',
      search: '?q',
      fromAuthorization: true,
    });
  });

  test('beats the path form', () => {
    expect(parseTarget('/v1.0/invoke/b/method/x', basic('dapr-app-id:a'))).toMatchObject({
      name: 'a',
      path: 'v1.0/invoke/b/method/x',
    });
  });

  test('compares the pseudo-user without case, and the scheme with case', () => {
    expect(parseTarget('/x', basic('DAPR-App-ID:a')).name).toBe('a');
    const lowerCase = { ...noHeaders, authorization: `basic ${Buffer.from('dapr-app-id:a').toString('base64')}` };
    expect(failureOf('/x', lowerCase).code).toBe('target-missing');
  });

  test.for(['dapr-app-id:http://h', 'dapr-app-id:a:b', 'dapr-app-id:', 'dapr-app-id', 'user:password', ''])(
    'does not read "%s" as a target',
    (text) => {
      expect(failureOf('/x', basic(text)).code).toBe('target-missing');
      expect(hasTargetHeader(basic(text))).toBe(false);
    },
  );

  test('leaves every other Authorization to the upstream', () => {
    const bearer = { appId: undefined, authorization: 'Bearer dapr-app-id:a' };
    expect(parseTarget('/v1.0/invoke/b/method/x', bearer)).toMatchObject({ name: 'b', fromAuthorization: false });
    expect(parseTarget('/v1.0/invoke/b/method/x', basic('user:pw'))).toMatchObject({
      name: 'b',
      fromAuthorization: false,
    });
  });

  test('passes over text that is no base64', () => {
    const broken = { appId: undefined, authorization: 'Basic *dapr-app-id*' };
    expect(parseTarget('/v1.0/invoke/b/method/x', broken)).toMatchObject({ name: 'b', fromAuthorization: false });
  });
});

test('a URL is told from a name by its lower-case scheme, as Dapr does', () => {
  expect(['http://h', 'https://h/p'].map(isUrlTarget)).toEqual([true, true]);
  expect(['HTTP://h', 'Https://h', 'http:/h', 'ftp://h', 'httpbin'].map(isUrlTarget)).toEqual([
    false,
    false,
    false,
    false,
    false,
  ]);
});

import { inspect } from 'node:util';
import { describe, expect, test } from 'vitest';
import { parseBaseUrl } from '#shared/table/base-url.ts';

function partsOf(text: string): Record<string, string | null> {
  const { baseUrl, mistake } = parseBaseUrl(text);
  if (baseUrl === null) throw new Error(mistake);
  const { origin, path, query, authorization } = baseUrl;
  return { origin, path, query, authorization: authorization?.reveal() ?? null };
}

function basic(userInfo: string): string {
  return `Basic ${Buffer.from(userInfo).toString('base64')}`;
}

describe('a base URL is taken apart', () => {
  test.for([
    ['http://h', 'http://h', ''],
    ['http://h/', 'http://h', '/'],
    ['HTTPS://API.Example.COM/V1', 'https://api.example.com', '/V1'],
    ['https://h:8443/api', 'https://h:8443', '/api'],
    ['https://h:443/api', 'https://h', '/api'],
    ['http://h:80', 'http://h', ''],
    ['http://h:443', 'http://h:443', ''],
    ['http://[::1]:8080/x', 'http://[::1]:8080', '/x'],
    ['http://10.0.0.1', 'http://10.0.0.1', ''],
    ['http://b\u00fccher.example', 'http://xn--bcher-kva.example', ''],
  ])('%s', ([text, origin, path]) => {
    expect(partsOf(text ?? '')).toEqual({ origin, path, query: '', authorization: null });
  });

  test('path and query stay as they are written, byte for byte', () => {
    expect(partsOf('http://h/a%2Fb/../c//d+e/;f?x=%20&y=a/b?c')).toEqual({
      origin: 'http://h',
      path: '/a%2Fb/../c//d+e/;f',
      query: 'x=%20&y=a/b?c',
      authorization: null,
    });
    expect(partsOf('http://h?x=1')).toMatchObject({ path: '', query: 'x=1' });
  });

  test('user information becomes Basic credentials, decoded, and is not part of the origin', () => {
    expect(partsOf('http://user:pass@h:1/p')).toMatchObject({
      origin: 'http://h:1',
      authorization: basic('user:pass'),
    });
    expect(partsOf('http://us%40er:p%3Aw@h')).toMatchObject({ authorization: basic('us@er:p:w') });
    expect(partsOf('http://user@h')).toMatchObject({ authorization: basic('user:') });
    expect(partsOf('http://u:a@b@h')).toMatchObject({ origin: 'http://h', authorization: basic('u:a@b') });
  });

  test('credentials cannot be printed', () => {
    const { baseUrl } = parseBaseUrl('http://user:hunter2@h');
    const secret = Buffer.from('user:hunter2').toString('base64');
    for (const text of [JSON.stringify(baseUrl), inspect(baseUrl, { depth: 9 }), String(baseUrl?.authorization)]) {
      expect(text).not.toContain(secret);
      expect(text).not.toContain('hunter2');
    }
  });
});

describe('what cannot be called is refused with the reason', () => {
  test.for([
    ['', 'it does not begin with http:// or https://'],
    ['h/path', 'it does not begin with http:// or https://'],
    ['//h', 'it does not begin with http:// or https://'],
    ['http:/h', 'it does not begin with http:// or https://'],
    ['ftp://h', 'it does not begin with http:// or https://'],
    ['file:///etc/passwd', 'it does not begin with http:// or https://'],
    ['http://', 'its host or port is not valid'],
    ['http://:80', 'its host or port is not valid'],
    ['http://h:port', 'its host or port is not valid'],
    ['http://h:99999', 'its host or port is not valid'],
    ['http://a b', 'its host or port is not valid'],
    ['http://a\\b', 'its host or port is not valid'],
    ['http://[::1', 'its host or port is not valid'],
    ['http://h/#top', 'it has a fragment (#)'],
    [
      'http://h/a b',
      'its path or query holds a space, a control character or a letter beyond ASCII; percent-encode it',
    ],
    [
      'http://h/caf\u00e9',
      'its path or query holds a space, a control character or a letter beyond ASCII; percent-encode it',
    ],
    ['http://h/\n', 'its path or query holds a space, a control character or a letter beyond ASCII; percent-encode it'],
    ['http://h/50%', 'its path holds a percent sign that begins no valid escape'],
  ])('%s', ([text, mistake]) => {
    expect(parseBaseUrl(text ?? '')).toEqual({ baseUrl: null, mistake });
  });
});

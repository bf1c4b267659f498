/** What a middleware may do to header fields, and what stays as it was. */
import { describe, expect, test } from 'vitest';
import { ProxyError } from '#shared/errors/proxy-error.ts';
import { HeaderFields } from '../../../proxy/pipeline/header-fields.ts';

const sent = ['Host', 'localhost', 'X-A', '1', 'x-b', '2', 'x-a', '3', 'Connection', 'close, X-User'];

describe('header fields', () => {
  test('are the very list that was given while nobody changes them', () => {
    const fields = new HeaderFields(sent);
    expect(fields.values('x-a')).toEqual(['1', '3']);
    expect(fields.values('x-c')).toEqual([]);
    expect(fields.flat).toBe(sent);
    expect(fields.hasChanged('x-a')).toBe(false);
  });

  test('are replaced where the first of the name stood, or added at the end', () => {
    const fields = new HeaderFields(sent);
    fields.set('X-a', 'new');
    fields.set('X-New', 'n');
    const lines = ['Host: localhost', 'X-a: new', 'x-b: 2', 'Connection: close, X-User', 'X-New: n'];
    expect(fields.flat).toEqual(lines.flatMap((line) => line.split(': ')));
    expect(fields.hasChanged('x-a')).toBe(true);
    expect(sent).toHaveLength(10);
  });

  test('are all removed', () => {
    const fields = new HeaderFields(sent);
    fields.remove('X-A');
    fields.remove('x-unknown');
    expect(fields.flat).toEqual(['Host', 'localhost', 'x-b', '2', 'Connection', 'close, X-User']);
    expect(fields.hasChanged('x-a')).toBe(true);
  });

  test('are not for a Connection header of the caller to take away', () => {
    const fields = new HeaderFields(sent);
    fields.set('X-User', 'alice');
    expect(fields.values('connection')).toEqual(['close']);
    expect(fields.values('x-user')).toEqual(['alice']);
  });

  test.each(['Host', 'content-length', 'Transfer-Encoding', 'Connection', 'Upgrade', 'Expect', 'Trailer', 'TE'])(
    '%s is not for middleware to change',
    (name) => {
      const fields = new HeaderFields(sent);
      expect(() => fields.set(name, '1')).toThrow(ProxyError);
      expect(() => fields.remove(name)).toThrow(/is not a middleware's to change/);
      expect(fields.flat).toBe(sent);
    },
  );

  test.each([
    ['a b', '1'],
    ['', '1'],
    ['X-A', 'one\r\nX-Evil: 1'],
    ['X-A', 'nul\u0000'],
    ['X-A', '\u20ac'],
  ])('%o with the value %o is no header', (name, value) => {
    expect(() => new HeaderFields(sent).set(name, value)).toThrow(ProxyError);
  });
});

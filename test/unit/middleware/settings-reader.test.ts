import { inspect } from 'node:util';
import { describe, expect, test } from 'vitest';
import { SettingsReader, unknownValue } from '#shared/middleware/settings-reader.ts';
import { settingsOf } from '../../support/settings-of.ts';

const reading = (texts: Readonly<Record<string, string>>): SettingsReader => new SettingsReader(settingsOf(texts));

/** What one reading says of one setting. */
function outcome<Value>(text: string | null, read: (reader: SettingsReader) => Value): Value | readonly string[] {
  const reader = reading(text === null ? {} : { x: text });
  const value = read(reader);
  const { mistakes } = reader.finish(null);
  return mistakes.length === 0 ? value : mistakes;
}

describe('the reader of settings', () => {
  test('finds names in any case, and values as text, without the line ends that files have', () => {
    const reader = reading({ CLIENTid: 'Grüße\r\n\n', Empty: '\n' });
    expect(reader.text('clientID', '')).toBe('Grüße');
    expect(reader.secret('ClientId')?.reveal()).toBe('Grüße');
    expect(reader.secret('empty')).toBeNull();
    expect(reader.text('other', 'fallback')).toBe('fallback');
    expect(reader.finish(7)).toEqual({ settings: 7, mistakes: [], warnings: [] });
  });

  test.each([
    ['100', 100],
    ['0.5', 0.5],
    ['1e2', 100],
    [null, 7],
    ['', 7],
    ['0x10', ['x must be a number, above 0 and at most 1000']],
    ['0', ['x must be a number, above 0 and at most 1000']],
    ['-1', ['x must be a number, above 0 and at most 1000']],
    ['1001', ['x must be a number, above 0 and at most 1000']],
    ['Infinity', ['x must be a number, above 0 and at most 1000']],
    ['ten', ['x must be a number, above 0 and at most 1000']],
  ])('number %s', (text, expected) => {
    expect(outcome(text, (read) => read.number('x', { fallback: 7, above: 0, max: 1000 }))).toEqual(expected);
  });

  test('whole numbers and sizes', () => {
    expect(outcome('1.5', (read) => read.number('x', { fallback: 1, min: 0, isWhole: true }))).toEqual([
      'x must be a whole number, at least 0',
    ]);
    expect(outcome('64Ki', (read) => read.bytes('x', { fallback: 1 }))).toBe(65_536);
    expect(outcome('much', (read) => read.bytes('x', { fallback: 1, max: 9 }))).toEqual([
      'x must be a whole number, at most 9',
    ]);
  });

  test.each([
    ['True', true],
    ['Y', true],
    ['on', true],
    ['1', true],
    ['no', false],
    ['F', false],
    ['0', false],
    ['', true],
    [null, true],
    ['ja', ['x must be true or false']],
  ])('boolean %s', (text, expected) => {
    expect(outcome(text, (read) => read.boolean('x', true))).toEqual(expected);
  });

  test.each([
    ['1m30s', 90_000],
    ['250', 250],
    [null, 5_000],
    ['0', ['x must be a duration above 0 and up to 120s, such as 5s']],
    ['-1s', ['x must be a duration above 0 and up to 120s, such as 5s']],
    ['3m', ['x must be a duration above 0 and up to 120s, such as 5s']],
    ['soon', ['x must be a duration above 0 and up to 120s, such as 5s']],
  ])('duration %s', (text, expected) => {
    expect(outcome(text, (read) => read.durationMs('x', { fallback: 5_000, max: 120_000 }))).toEqual(expected);
  });

  test.each([
    ['https://a.example/b?c=d', 'https://a.example/b?c=d'],
    ['http://localhost:8181', 'http://localhost:8181'],
    [null, null],
    ['ftp://a.example', ['x must be an absolute http or https URL without a fragment']],
    ['a.example', ['x must be an absolute http or https URL without a fragment']],
    ['https://a.example/#b', ['x must be an absolute http or https URL without a fragment']],
    ['https://user:word@a.example', ['x must not hold user information']],
  ])('URL %s', (text, expected) => {
    expect(outcome(text, (read) => read.url('x'))).toEqual(expected);
  });

  test('lists and words', () => {
    expect(outcome(' a , b c ,, ', (read) => read.list('x'))).toEqual(['a', 'b c']);
    expect(outcome(' , ', (read) => read.requiredList('x'))).toEqual(['x is missing']);
    expect(outcome('BOTH', (read) => read.oneOf('x', ['one', 'both'], 'one'))).toBe('both');
    expect(outcome('all', (read) => read.oneOf('x', ['one', 'both'], 'one'))).toEqual(['x must be one of one, both']);
  });

  test('a pattern runs in linear time or not at all', () => {
    const pattern = reading({ x: '^/(a+)+$' }).pattern('x');
    expect(pattern?.test(`/${'a'.repeat(200)}!`)).toBe(false);
    expect(pattern?.test('/aa')).toBe(true);
    // The same answer each time: nothing is remembered between two.
    expect(pattern?.test('/aa')).toBe(true);
    expect(outcome('(?=a)', (read) => read.pattern('x'))).toHaveLength(1);
    expect(outcome('(a)\\1', (read) => read.pattern('x'))).toHaveLength(1);
  });

  test('warns of what has no effect', () => {
    const reader = new SettingsReader([
      ...settingsOf({ issuerURL: 'a', audience: 'b' }),
      ...settingsOf({ Audience: 'c', isuer: 'd', realm: 'e', issuer: 'f' }),
    ]);
    expect(reader.text(['issuer', 'issuerURL'], '')).toBe('f');
    expect(reader.text(['issuer', 'issuerURL'], '')).toBe('f');
    expect(reader.text('audience', '')).toBe('c');
    expect(reader.finish(null).warnings).toEqual([
      'Audience is there more than once; the last one is used',
      'issuer and issuerURL mean the same; issuer is used',
      'isuer is no setting of this type and has no effect; did you mean issuer?',
      'realm is no setting of this type and has no effect; the settings are issuer, issuerURL, audience',
    ]);
  });

  test('says nothing of a value that is given and not known', () => {
    const reader = new SettingsReader(
      ['text', 'secret', 'url', 'list', 'number', 'pattern', 'word'].map((name) => ({ name, value: unknownValue })),
    );
    reader.requiredText('text');
    reader.requiredSecret('secret');
    reader.requiredUrl('url');
    reader.requiredList('list');
    expect(reader.number('number', { fallback: 3, min: 1 })).toBe(3);
    expect(reader.pattern('pattern')).toBeNull();
    expect(reader.oneOf('word', ['a'], 'a')).toBe('a');
    expect(reader.has('text')).toBe(true);
    expect(reader.finish(null)).toMatchObject({ mistakes: [], warnings: [] });
  });

  test('never says a value', () => {
    const secret = 'hunter2(';
    const reader = reading(Object.fromEntries('abcdefgh'.split('').map((name) => [name, secret])));
    reader.number('a', { fallback: 1 });
    reader.boolean('b', false);
    reader.durationMs('c', { fallback: 1, max: 2 });
    reader.url('d');
    reader.pattern('e');
    reader.rootCa('f');
    reader.oneOf('g', ['x'], 'x');
    const parsed = reader.finish({ kept: reader.secret('h') });
    expect(parsed.mistakes).toHaveLength(7);
    for (const shown of [JSON.stringify(parsed), inspect(parsed, { depth: 9 }), inspect(reader, { depth: 9 })]) {
      expect(shown).not.toContain('hunter2');
    }
  });
});

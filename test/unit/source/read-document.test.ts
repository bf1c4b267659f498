import { describe, expect, test } from 'vitest';
import { readDocument } from '../../../proxy/source/read-document.ts';

const read = (text: string): unknown => readDocument({ text, line: 10 });

describe('readDocument', () => {
  test('reads JSON as well as YAML', () => {
    expect(read('{"a": [1.5, true, null, "x"]}')).toMatchObject({ document: { a: [1.5, true, null, 'x'] } });
  });

  test('keeps every digit of a whole number', () => {
    expect(read('a: 12345678901234567890')).toMatchObject({ document: { a: 12345678901234567890n } });
  });

  test('reads yes, no, on and off as kubectl does, unless they are quoted', () => {
    expect(read('[yes, No, ON, off, "yes", y, once]')).toMatchObject({
      document: [true, false, true, false, 'yes', 'y', 'once'],
    });
  });

  test('leaves times and dates text', () => {
    expect(read('[12:30, 2001-01-01]')).toMatchObject({ document: ['12:30', '2001-01-01'] });
  });

  test('merges maps', () => {
    expect(read('a: &a { x: 1.5 }\nb: { <<: *a, y: z }')).toMatchObject({ document: { b: { x: 1.5, y: 'z' } } });
  });

  test.each([
    ['an open quote', 'a: 1\nb: "hunter2', 11],
    ['a wrong indentation', 'a:\n  b: 1\n c: hunter2', 12],
    ['a key that is there twice', 'hunter2: 1\nb: 1\nhunter2: 2', 12],
    ['a key that is there twice further in', 'a:\n  - hunter2: 1\n    hunter2: 2', 12],
    ['an alias without an anchor', 'a: *hunter2', 10],
    ['a reserved character', 'a: @hunter2', 10],
    ['a tab', 'a:\n\thunter2: 1', 11],
  ])('names the line of %s and quotes nothing', (_what, text, line) => {
    const result = readDocument({ text, line: 10 });
    expect(result).toMatchObject({ document: null, line });
    expect(result.mistake).toMatch(/^it is not valid YAML: /);
    expect(result.mistake).not.toContain('hunter2');
  });

  test.each([
    ['inside its own anchor', 'a: &a [*a]'],
    ['inside its own anchor, further in', 'a: &a\n  b: [{ c: *a }]'],
  ])('refuses an alias %s', (_where, text) => {
    expect(read(text)).toMatchObject({
      mistake: expect.stringContaining('alias stands inside its own anchor') as string,
    });
  });

  test('refuses aliases that stand for too much', () => {
    const lines = ['a0: &a0 [x, x, x, x, x, x, x, x, x]'];
    for (let level = 1; level < 10; level += 1) {
      lines.push(`a${level}: &a${level} [${Array.from({ length: 9 }, () => `*a${level - 1}`).join(', ')}]`);
    }
    expect(read(lines.join('\n'))).toMatchObject({ mistake: 'its aliases stand for too much content' });
  });

  test('refuses what is nested too deeply', () => {
    expect(read(`${'['.repeat(65)}${']'.repeat(65)}`)).toMatchObject({
      mistake: expect.stringContaining('64 levels') as string,
    });
    expect(read('['.repeat(5000))).toMatchObject({ document: null });
  });

  test('takes a field named __proto__ for a field', () => {
    const { document } = readDocument({ text: '__proto__: { polluted: yes }\na: b', line: 1 });
    expect(Object.keys(document as object)).toEqual(['__proto__', 'a']);
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
  });

  test('reads a map of twenty thousand keys', () => {
    const text = Array.from({ length: 20_000 }, (_, index) => `key${index}: v`).join('\n');
    expect(Object.keys(readDocument({ text, line: 1 }).document as object)).toHaveLength(20_000);
  });
});

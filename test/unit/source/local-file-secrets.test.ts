import { describe, expect, test } from 'vitest';
import { parseLocalFileSecrets } from '../../../proxy/source/local-file-secrets.ts';

const single = { nestedSeparator: ':', multiValued: false };
const multi = { nestedSeparator: '.', multiValued: true };

function plain(text: string, options = single): unknown {
  const { secretsByName, mistake } = parseLocalFileSecrets(text, options);
  if (secretsByName === null) return mistake;
  return Object.fromEntries([...secretsByName].map(([name, values]) => [name, Object.fromEntries(values)]));
}

describe('parseLocalFileSecrets', () => {
  test('flattens maps and lists, each secret under its own name', () => {
    expect(plain('{"a": "1", "b": {"c": [true, {"d": 2}], "e": null}}')).toEqual({
      a: { a: '1' },
      'b:c:0': { 'b:c:0': 'true' },
      'b:c:1:d': { 'b:c:1:d': '2' },
    });
  });

  test('with multiValued keeps the keys of a top-level map together', () => {
    expect(plain('{"a": "1", "b": {"c": "2", "d": {"e": "3"}}}', multi)).toEqual({
      a: { a: '1' },
      b: { c: '2', 'd.e': '3' },
    });
  });

  test('names the line of a mistake and quotes nothing', () => {
    expect(plain('{\n"a": "hunter2",\n}')).toBe('it is not valid JSON at line 3');
    expect(plain('hunter2')).toBe('it is not valid JSON');
    expect(plain('')).toBe('it is not valid JSON');
  });

  test('refuses what is no object, and what is nested too deeply', () => {
    expect(plain('["hunter2"]')).toBe('it must be a JSON object');
    expect(plain('null')).toBe('it must be a JSON object');
    expect(plain(`${'{"a":'.repeat(200)}1${'}'.repeat(200)}`)).toBe('it is nested deeper than 64 levels');
  });

  test('takes a field named __proto__ for a field', () => {
    expect(parseLocalFileSecrets('{"__proto__": {"a": "b"}}', single).secretsByName?.get('__proto__:a')).toEqual(
      new Map([['__proto__:a', 'b']]),
    );
  });
});

import { describe, expect, test } from 'vitest';
import { listFromCommaSeparated } from '#shared/settings/comma-separated.ts';

describe('listFromCommaSeparated', () => {
  test.each([
    ['', []],
    ['a', ['a']],
    ['a,b', ['a', 'b']],
    ['a,,b,', ['a', 'b']],
    ['"a,b",c', ['a,b', 'c']],
    ['"say ""hi""",x', ['say "hi"', 'x']],
    [' a , b ', [' a ', ' b ']],
  ])('reads %j', (text, list) => {
    expect(listFromCommaSeparated(text)).toEqual(list);
  });

  test.each(['"a', 'a"b', '"a"b'])('refuses %j, whose quotes do not match', (text) => {
    expect(listFromCommaSeparated(text)).toBeNull();
  });
});

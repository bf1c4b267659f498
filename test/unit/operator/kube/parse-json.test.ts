import { expect, test } from 'vitest';
import { parseJson } from '../../../../operator/kube/parse-json.ts';

test('numbers that a double holds are numbers', () => {
  expect(parseJson('{"a":1,"b":[-2.5,1e3],"c":9007199254740991}')).toEqual({
    a: 1,
    b: [-2.5, 1000],
    c: 9007199254740991,
  });
});

test('whole numbers that it does not hold keep their digits', () => {
  expect(parseJson('{"a":[1234567890123456789, 7],"b":-9007199254740993}')).toEqual({
    a: [1234567890123456789n, 7],
    b: -9007199254740993n,
  });
});

test('long digits in text, and fractions beside them, are what they were', () => {
  expect(parseJson('["1: 1234567890123456789", 1234567890.5]')).toEqual(['1: 1234567890123456789', 1234567890.5]);
});

test('what is no JSON is refused', () => {
  expect(() => parseJson('{"a": 1234567890123456789')).toThrow(SyntaxError);
});

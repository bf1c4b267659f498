/** Which JSON texts may be parsed. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { jsonBoundsMistake } from '../../../../operator/listener/json-bounds.ts';

function mistakeOf(text: string, bounds = { maxDepth: 3, maxValues: 10 }): string | null {
  return jsonBoundsMistake(Buffer.from(text), bounds);
}

test.each([
  ['', null],
  ['[[[1]]]', null],
  ['[[[[1]]]]', 'it is nested more than 3 levels deep'],
  ['{"a":{"b":{"c":{}}}}', 'it is nested more than 3 levels deep'],
  ['[[],[],[[]],[[]]]', null],
  ['[1,2,3,4,5,6,7,8,9,10]', null],
  ['[1,2,3,4,5,6,7,8,9,10,11]', 'it holds more than 10 values'],
  ['"[[[[[[,,,,,,,,,,,,,,,"', null],
  [String.raw`["\"[[[[","\\",[["\\\"[[["]]]`, null],
  [String.raw`["\\",[[[]]]]`, 'it is nested more than 3 levels deep'],
  ['"never ends [[[[', null],
  ['"ends with \\', null],
])('%s', (text, mistake) => {
  expect(mistakeOf(text)).toBe(mistake);
});

test('whatever JSON.stringify writes within the bounds is let through, whatever its texts hold', () => {
  fc.assert(
    fc.property(fc.json({ maxDepth: 5 }), (text) => {
      expect(jsonBoundsMistake(Buffer.from(text))).toBeNull();
    }),
  );
});

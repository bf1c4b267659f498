/** Lines of a watch, however the bytes are cut. */
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { LineReader, type ReadLine } from '../../../../operator/kube/line-reader.ts';

function read(reader: LineReader, ...chunks: readonly string[]): readonly ReadLine[] {
  return chunks.flatMap((chunk) => [...reader.push(Buffer.from(chunk))]);
}

test('a line is told when its end is there', () => {
  const reader = new LineReader(100);
  expect(read(reader, '{"a":', '1}')).toEqual([]);
  expect(reader.heldBytes).toBe(7);
  expect(read(reader, '\n{"b"')).toEqual([{ state: 'line', text: '{"a":1}' }]);
});

test('lines and their order do not depend on where the bytes are cut', () => {
  const lines = fc.array(fc.string({ unit: 'grapheme', maxLength: 20 }).filter((text) => !text.includes('\n')));
  fc.assert(
    fc.property(lines, fc.array(fc.nat(200)), (texts, cuts) => {
      const bytes = Buffer.from(texts.map((text) => `${text}\n`).join(''));
      const reader = new LineReader(1000);
      const found: string[] = [];
      let start = 0;
      for (const end of [...cuts.toSorted((a, b) => a - b), bytes.length]) {
        for (const line of reader.push(bytes.subarray(start, end))) if (line.state === 'line') found.push(line.text);
        start = Math.min(Math.max(start, end), bytes.length);
      }
      expect(found).toEqual(texts.filter((text) => text !== ''));
      expect(reader.heldBytes).toBe(0);
    }),
  );
});

test('a line may have as many bytes as are allowed', () => {
  expect(read(new LineReader(4), 'abcd\n')).toEqual([{ state: 'line', text: 'abcd' }]);
});

test.each([
  ['at once', ['abcde\n']],
  ['before its end comes', ['abcde']],
  ['in pieces', ['abc', 'de', '\n']],
  ['after a good one', ['ok\nabcde\nok\n']],
])('a line that is too long is told and nothing after it: %s', (_, chunks) => {
  const reader = new LineReader(4);
  const lines: ReadLine[] = [];
  for (const chunk of chunks) {
    lines.push(...reader.push(Buffer.from(chunk)));
    if (lines.at(-1)?.state === 'overlong') break;
  }
  expect(lines.filter(({ state }) => state === 'overlong')).toHaveLength(1);
  expect(lines.at(-1)).toEqual({ state: 'overlong' });
});

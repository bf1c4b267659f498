import { describe, expect, test } from 'vitest';
import { LineSplitter } from '../../../proxy/subscribe/line-splitter.ts';

function start(maxLineBytes = 100): { readonly splitter: LineSplitter; readonly seen: string[] } {
  const seen: string[] = [];
  const splitter = new LineSplitter({
    maxLineBytes,
    onLine: (line, bytes) => seen.push(`${line} (${bytes})`),
    onOverlongLine: () => seen.push('too long'),
  });
  return { splitter, seen };
}

describe('LineSplitter', () => {
  test('hands on whole lines, wherever the pieces are cut, also inside a character', () => {
    const text = Buffer.from('one\n\nzwölf\n{"a": "b"}\nrest');
    for (let size = 1; size <= text.length; size++) {
      const { splitter, seen } = start();
      for (let at = 0; at < text.length; at += size) splitter.push(text.subarray(at, at + size));
      expect(seen).toEqual(['one (3)', 'zwölf (6)', '{"a": "b"} (10)']);
    }
  });

  test('says once that a line is too long, holds nothing of it, and goes on with the next', () => {
    const { splitter, seen } = start(10);
    for (let piece = 0; piece < 1000; piece++) splitter.push(Buffer.from('123456'));
    splitter.push(Buffer.from('\n1234567890\n12345678901\nlast\n'));
    expect(seen).toEqual(['too long', '1234567890 (10)', 'too long', 'last (4)']);
  });
});

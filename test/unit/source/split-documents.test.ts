import { describe, expect, test } from 'vitest';
import { splitDocuments } from '../../../proxy/source/split-documents.ts';

describe('splitDocuments', () => {
  test('cuts at marker lines and says where each document begins to say something', () => {
    expect(splitDocuments('a: 1\n---\n# comment\n\nb: 2\n...\nc: 3\n--- \nd: 4')).toEqual([
      { text: 'a: 1\n', line: 1 },
      { text: 'b: 2\n', line: 5 },
      { text: 'c: 3\n', line: 7 },
      { text: 'd: 4', line: 9 },
    ]);
  });

  test('keeps what follows a marker on its line', () => {
    expect(splitDocuments('--- { a: 1 }\n---\tb: 2\n')).toEqual([
      { text: ' { a: 1 }\n', line: 1 },
      { text: '\tb: 2\n', line: 2 },
    ]);
  });

  test('does not take PEM, dashes in text or an indented line for a marker', () => {
    const text = 'a: |\n  ---\n-----BEGIN CERTIFICATE-----\n----\n---x\n';
    expect(splitDocuments(text)).toEqual([{ text, line: 1 }]);
  });

  test('leaves out documents that hold only comments, directives or nothing', () => {
    expect(splitDocuments('')).toEqual([]);
    expect(splitDocuments('%YAML 1.2\n---\n# nothing\n---\n  \n---\r\n')).toEqual([]);
  });

  test('works with Windows line ends', () => {
    expect(splitDocuments('a: 1\r\n---\r\nb: 2\r\n').map(({ line }) => line)).toEqual([1, 3]);
  });
});

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readDocument } from '../../../proxy/source/read-document.ts';
import { splitDocuments } from '../../../proxy/source/split-documents.ts';

const yamlish = fc.array(
  fc.constantFrom(
    '---',
    '...',
    'a: 1',
    '- b',
    '  c: "',
    '#',
    '%YAML',
    '&x',
    '*x',
    '{',
    ']',
    '\t',
    '',
    '|',
    '? ',
    '!!',
    '<<: *x',
  ),
);

describe('documents', () => {
  test('of values that are written one after another come back as they are', () => {
    fc.assert(
      fc.property(fc.array(fc.dictionary(fc.string(), fc.string(), { minKeys: 1 })), (values) => {
        const text = values.map((value) => JSON.stringify(value)).join('\n---\n');
        expect(splitDocuments(text).map((part) => readDocument(part).document)).toEqual(values);
      }),
    );
  });

  test('of any text are read or refused, and stand at lines that the text has', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          yamlish.map((lines) => lines.join('\n')),
          fc.string({ unit: 'binary' }),
        ),
        (text) => {
          const lines = text.split('\n').length;
          for (const part of splitDocuments(text)) {
            expect(part.line).toBeLessThanOrEqual(lines);
            const result = readDocument(part);
            if (result.mistake !== null) expect(result.line).toBeLessThanOrEqual(lines);
          }
        },
      ),
      { numRuns: 500 },
    );
  });
});

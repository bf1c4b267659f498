/** Warnings within the limits of the API server. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { boundedWarnings } from '../../../../operator/admission/admission-answer.ts';

test('each is said once, on one line', () => {
  expect(boundedWarnings(['a\nb', 'c', 'c'])).toEqual(['a b', 'c']);
});

test('of very many the first ones, and how many others there are', () => {
  const shown = boundedWarnings(Array.from({ length: 1_000 }, (_, at) => `${'x'.repeat(100)} ${at}`));
  expect(shown.at(-1)).toBe(`and ${1_000 - shown.length + 1} more warnings`);
});

test('whatever they hold, the API server takes all of them', () => {
  fc.assert(
    fc.property(fc.array(fc.string({ unit: 'binary', maxLength: 600 }), { maxLength: 60 }), (warnings) => {
      const shown = boundedWarnings(warnings);
      expect(shown.every((text) => text.length <= 256 && text.isWellFormed() && !/[\r\n]/.test(text))).toBe(true);
      expect(shown.join('').length).toBeLessThanOrEqual(4_096);
    }),
  );
});

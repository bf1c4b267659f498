/** jsonPatch against another implementation of RFC 6902: applied, it makes the one document of the other. */
import fc from 'fast-check';
import { applyPatch } from 'rfc6902';
import { expect, test } from 'vitest';
import { jsonPatch } from '../../../operator/inject/json-patch.ts';

/** Few names and values, so that much corresponds. */
const small = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4 },
    fc.constantFrom(0, 1, '', 'a', true, null),
    fc.array(tie('value'), { maxLength: 5 }),
    fc.dictionary(fc.constantFrom('a', 'b', '~', '/', '~1', ''), tie('value'), { maxKeys: 4 }),
    fc.array(fc.record({ name: fc.constantFrom('a', 'b', 'c'), value: tie('value') }), { maxLength: 5 }),
  ),
})).value;
/** As JSON.parse gives it. Copies that the other implementation makes lose a field named `__proto__`. */
const anything = fc
  .oneof(small, fc.jsonValue({ stringUnit: 'grapheme' }))
  .map((value) => JSON.parse(JSON.stringify(value).replaceAll('__proto__', 'proto')) as unknown);

function patched(before: unknown, after: unknown): unknown {
  // The whole document can be replaced, which the other implementation does not do in place.
  const box = structuredClone({ before }) as Record<string, unknown>;
  const operations = jsonPatch(before, after).map((operation) => ({ ...operation, path: `/before${operation.path}` }));
  expect(applyPatch(box, structuredClone(operations)).filter((failure) => failure !== null)).toEqual([]);
  return box['before'];
}

test('applied to the one it makes the other', () => {
  fc.assert(
    fc.property(anything, anything, (before, after) => {
      expect(patched(before, after)).toEqual(after);
    }),
    { numRuns: 1_000 },
  );
});

test('of equal documents it is empty', () => {
  fc.assert(
    fc.property(anything, (document) => {
      expect(jsonPatch(document, structuredClone(document))).toEqual([]);
    }),
  );
});

/** However a path is spelled, the filter that matches its plain form looks at it. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { compileLinearRegExp } from '#shared/regexp/linear-regexp.ts';
import { isFiltered } from '../../../proxy/middleware/path-filter.ts';
import { checkPath } from '../../../proxy/target/check-path.ts';
import { middlewareRequest } from '../../support/middleware-request.ts';

const filter = { pattern: compileLinearRegExp('^/api/admin/'), namespace: 'shop' };

const escaped = (character: string, times: number): string => {
  const hex = character.charCodeAt(0).toString(16).padStart(2, '0');
  return times === 0 ? character : `%${'25'.repeat(times - 1)}${hex}`;
};
const letter = (character: string): fc.Arbitrary<string> =>
  fc.integer({ min: 0, max: 3 }).map((times) => escaped(character, times));
const word = (text: string): fc.Arbitrary<string> =>
  fc.tuple(...text.split('').map(letter)).map((letters) => letters.join(''));
const slash = fc.constantFrom('/', '//', '/./', '/x/../', '\\', '%2f', '%5C');
const parameters = fc.constantFrom('', ';', ';v=1', '%3Bv=1');
const rest = fc.string({ maxLength: 10 }).map((text) => encodeURIComponent(text.toWellFormed()));

function isSentOn(path: string): boolean {
  try {
    checkPath(path);
    return true;
  } catch {
    return false;
  }
}

test('no spelling goes round it', () => {
  fc.assert(
    fc.property(slash, word('api'), parameters, slash, word('admin'), parameters, slash, rest, (...parts) => {
      expect(isFiltered(middlewareRequest({ path: `/${parts.join('')}` }), filter)).toBe(true);
    }),
  );
});

test('others pass', () => {
  fc.assert(
    fc.property(word('public'), rest, (name, end) => {
      const path = `/${name}/x${end}`;
      fc.pre(isSentOn(path));
      expect(isFiltered(middlewareRequest({ path }), filter)).toBe(false);
    }),
  );
});

import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ProxyError } from '#shared/errors/proxy-error.ts';
import { checkPath } from '../../../proxy/target/check-path.ts';
import { joinPath } from '../../../proxy/upstream/join-path.ts';

/** Pieces that traversals are made of, and bytes that they are not. */
const piece = fc.constantFrom(
  '.',
  '..',
  '/',
  '\\',
  ';',
  '%2e',
  '%2E',
  '%2f',
  '%2F',
  '%5c',
  '%3b',
  '%25',
  '%252e',
  '%252f',
  '%255c',
  '%253b',
  '%25252e',
  '25',
  '2e',
  '2f',
  '%',
  'a',
  'base',
  '=',
  '+',
  '%20',
  '~',
  '\u00e9',
);
const hostile = fc.array(piece, { maxLength: 14 }).map((pieces) => pieces.join(''));
const anyBytes = fc
  .array(
    fc.integer({ min: 0x21, max: 0xff }).filter((code) => code !== 0x3f),
    { maxLength: 30 },
  )
  .map((codes) => String.fromCharCode(...codes));
const path = fc.oneof({ weight: 3, arbitrary: hostile }, { weight: 1, arbitrary: anyBytes });
const base = fc.constantFrom('', '/', '/base', '/base/', '/deep/base', '/deep/base/');

function checked(text: string): string | null {
  try {
    return checkPath(text);
  } catch (error) {
    if (error instanceof ProxyError && error.code === 'bad-request') return null;
    throw error;
  }
}

/** The ways in which servers have been seen to read a path. */
function readings(sent: string): string[] {
  const decode = (text: string): string =>
    text.replace(/%([0-9A-Fa-f]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
  const once = decode(sent);
  return [sent, once, decode(once)].flatMap((text) => {
    const slashes = text.replaceAll('\\', '/');
    return [text, slashes, withoutParameters(text), withoutParameters(slashes), decode(withoutParameters(text))];
  });
}

/** `a;v=1/b` as servlet containers see it: `a/b`. */
function withoutParameters(text: string): string {
  return text.replace(/;[^/]*/g, '');
}

/** Whether resolving the dot segments of this text ever leaves its first `depth` segments. */
function escapes(text: string, depth: number): boolean {
  let level = 0;
  for (const segment of text.split('/').slice(1)) {
    if (segment === '..') level -= 1;
    else if (segment !== '.' && segment !== '') level += 1;
    else continue;
    if (level < depth && segment === '..') return true;
  }
  return false;
}

function depthOf(basePath: string): number {
  return basePath.split('/').filter((segment) => segment !== '').length;
}

describe('the path guard', () => {
  test('never lets a call out of the base path, however lenient the upstream decodes', () => {
    fc.assert(
      fc.property(base, path, (basePath, text) => {
        const sent = checked(text);
        if (sent === null) return;
        const joined = joinPath({ path: basePath, query: '' }, { path: sent, search: '' });
        for (const reading of readings(joined)) expect(escapes(reading, depthOf(basePath)), reading).toBe(false);
        expect(joined.startsWith(basePath === '' ? '/' : basePath)).toBe(true);
      }),
      { numRuns: 5_000 },
    );
  });

  test('changes nothing in a path without dots', () => {
    fc.assert(
      fc.property(path, (text) => {
        const plain = text.replaceAll('.', '-').replace(/%2e/gi, '-').replace(/%25/g, '-');
        const sent = checked(plain);
        if (sent !== null) expect(sent).toBe(plain);
      }),
      { numRuns: 500 },
    );
  });

  test('keeps every segment that is no dot segment, byte for byte and in order', () => {
    const segment = fc.constantFrom('a', '', 'a%2Fb', '...', '.a', 'a+b', '%20', '.', 'x;y=1', '100%25', '%C3%A9');
    fc.assert(
      fc.property(fc.array(segment, { minLength: 1, maxLength: 8 }), (segments) => {
        const kept = segments.filter((text, index) => text !== '.' || index === segments.length - 1);
        const expected = kept.map((text, index) => (text === '.' && index === kept.length - 1 ? '' : text)).join('/');
        expect(checkPath(segments.join('/'))).toBe(expected);
      }),
    );
  });

  test('finds nothing more to do in what it returned', () => {
    fc.assert(
      fc.property(path, (text) => {
        const sent = checked(text);
        if (sent !== null) expect(checkPath(sent)).toBe(sent);
      }),
      { numRuns: 1_000 },
    );
  });

  test('answers a hostile path of many kilobytes in no time worth measuring', () => {
    for (const unit of ['../', '%2e%2e%2f', '%252e', '..;', './', '\\..', '%25']) {
      expect(() => checked(unit.repeat(20_000))).not.toThrow();
    }
  });
});

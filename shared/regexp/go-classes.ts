/** The character classes that Go's regular expressions name: all of ASCII (RE2's syntax). */
import { complementOf, type Range } from './character-ranges.ts';

const digits: readonly Range[] = [[0x30, 0x39]];
const uppers: readonly Range[] = [[0x41, 0x5a]];
const lowers: readonly Range[] = [[0x61, 0x7a]];
const letters = [...uppers, ...lowers];
const words: readonly Range[] = [...digits, ...uppers, [0x5f, 0x5f], ...lowers];
const spaces: readonly Range[] = [
  [0x09, 0x0a],
  [0x0c, 0x0d],
  [0x20, 0x20],
];

/** `\d` and its like, by the letter. */
export const perlClasses: Readonly<Record<string, readonly Range[]>> = {
  d: digits,
  s: spaces,
  w: words,
  D: complementOf(digits),
  S: complementOf(spaces),
  W: complementOf(words),
};

/** `[:alpha:]` and its like, by the name. */
export const posixClasses: ReadonlyMap<string, readonly Range[]> = new Map<string, readonly Range[]>([
  ['alnum', [...digits, ...letters]],
  ['alpha', letters],
  ['ascii', [[0, 0x7f]]],
  [
    'blank',
    [
      [0x09, 0x09],
      [0x20, 0x20],
    ],
  ],
  [
    'cntrl',
    [
      [0, 0x1f],
      [0x7f, 0x7f],
    ],
  ],
  ['digit', digits],
  ['graph', [[0x21, 0x7e]]],
  ['lower', lowers],
  ['print', [[0x20, 0x7e]]],
  [
    'punct',
    [
      [0x21, 0x2f],
      [0x3a, 0x40],
      [0x5b, 0x60],
      [0x7b, 0x7e],
    ],
  ],
  [
    'space',
    [
      [0x09, 0x0d],
      [0x20, 0x20],
    ],
  ],
  ['upper', uppers],
  ['word', words],
  ['xdigit', [...digits, [0x41, 0x46], [0x61, 0x66]]],
]);

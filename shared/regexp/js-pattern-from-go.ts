/**
 * A regular expression of Go's -> one of JavaScript's that means the same. What both can read, but not alike (`[[:alpha:]]`,
 * `\Q`, `\z`, a class that begins with `]`), is translated, and what has no translation is refused: a guard whose pattern
 * quietly means something else stands open. Pure.
 */
import { classOf, complementOf, lastUnit, movedPart, sourceOf, type Range } from './character-ranges.ts';
import { perlClasses, posixClasses } from './go-classes.ts';
import { repeated } from './repeated.ts';

const uppers: Range = [0x41, 0x5a];
const lowers: Range = [0x61, 0x7a];
const caseDistance = 0x20;
const lastAscii = 0x7f;
const lastCharacter = 0x10ffff;
const unitByLetter: Readonly<Record<string, number>> = { a: 7, f: 12, n: 10, r: 13, t: 9, v: 11 };

/** Throws SyntaxError for what is wrong or has no translation; what is wrong in both languages may be left to the engine. */
export function jsPatternFromGo(goPattern: string): { readonly source: string; readonly flags: string } {
  return new Translation(goPattern).run();
}

interface Flags {
  readonly i: boolean;
  readonly s: boolean;
}

/** Of one pattern, from left to right. */
class Translation {
  readonly #text: string;
  #at = 0;
  #source = '';
  #flags: Flags = { i: false, s: false };
  #isMultiline = false;
  /** Those in force outside of the groups that are open. */
  readonly #outer: Flags[] = [];

  constructor(text: string) {
    this.#text = text;
  }

  run(): { readonly source: string; readonly flags: string } {
    while (this.#at < this.#text.length) this.#step();
    return { source: this.#source, flags: this.#isMultiline ? 'm' : '' };
  }

  #step(): void {
    if (this.#take(/\\Q/y) !== null) return this.#quoted();
    // A count here is a group's.
    const plain = this.#take(/[|^$]|[*+?]\??|\{\d{1,4}(?:,\d{0,4})?\}\??/y) ?? this.#take(/\\[bB]/y);
    if (plain !== null) this.#source += plain[0];
    else if (this.#take(/\\A/y) !== null) this.#source += this.#edge('^');
    else if (this.#take(/\\z/y) !== null) this.#source += this.#edge('$');
    else if (this.#take(/\(\?/y) !== null) this.#openSpecial();
    else if (this.#take(/\(/y) !== null) this.#open('(');
    else if (this.#take(/\)/y) !== null) this.#close();
    else this.#counted(this.#atom());
  }

  #open(source: string): void {
    this.#outer.push(this.#flags);
    this.#source += source;
  }

  #close(): void {
    this.#flags = this.#outer.pop() ?? this.#flags;
    this.#source += ')';
  }

  /** What stands after `(?`: a name, or flags up to the end of a group of their own or of the one around them. */
  #openSpecial(): void {
    const isFirst = this.#at === 2;
    const name = this.#take(/P?<(\w+)>/y)?.[1];
    if (name !== undefined) return this.#open(`(?<${name}>`);
    const [, on = '', off = '', end] = this.#take(/([ims]*)(?:-([is]+))?([:)])/y) ?? [];
    if (end === undefined) throw new SyntaxError('a group of an unknown kind');
    if (on.includes('m')) {
      if (!isFirst || end === ':') throw new SyntaxError('the flag m is for a whole pattern only');
      this.#isMultiline = true;
    }
    if (end === ':') this.#open('(?:');
    const { i, s } = this.#flags;
    this.#flags = {
      i: (i || on.includes('i')) && !off.includes('i'),
      s: (s || on.includes('s')) && !off.includes('s'),
    };
  }

  /** Begin or end of the text, which JavaScript can say without the flag m alone. */
  #edge(sign: string): string {
    if (this.#isMultiline) throw new SyntaxError('begin or end of the text beside the flag m');
    return sign;
  }

  /** Up to `\E`. */
  #quoted(): void {
    const end = this.#text.indexOf('\\E', this.#at);
    const stop = end === -1 ? this.#text.length : end;
    while (this.#at < stop) this.#source += this.#literal(this.#next());
    this.#at = end === -1 ? stop : stop + 2;
  }

  #counted(atom: string): void {
    const [, low, comma, high] = this.#take(/\{(\d{1,4})(?:(,)(\d{0,4}))?\}/y) ?? [];
    if (low === undefined) {
      this.#source += atom;
      return;
    }
    const least = Number(low);
    const most = comma === undefined ? least : high === undefined || high === '' ? Infinity : Number(high);
    this.#source += repeated(atom, { least, most, isLazy: this.#take(/\?/y) !== null });
  }

  #atom(): string {
    if (this.#take(/\./y) !== null) return this.#flags.s ? '[^]' : '[^\\n]';
    if (this.#take(/\[/y) !== null) return this.#class();
    const perl = this.#perlClass();
    return perl === null ? this.#literal(this.#character()) : classOf(perl, { isNegated: false });
  }

  /** Of a pattern for UTF-16, where some characters are two. */
  #literal(character: number): string {
    if (character > lastUnit) {
      const [high = 0, low = 0] = [0, 1].map((index) => String.fromCodePoint(character).charCodeAt(index));
      return `(?:${sourceOf(high)}${sourceOf(low)})`;
    }
    const ranges = this.#inBothCases([[character, character]]);
    return ranges.length === 1 ? sourceOf(character) : classOf(ranges, { isNegated: false });
  }

  /** What stands after `[`. A `]` that comes first is one of the characters. */
  #class(): string {
    const isNegated = this.#take(/\^/y) !== null;
    const ranges = [...this.#classItem()];
    while (this.#take(/\]/y) === null) ranges.push(...this.#classItem());
    return classOf(this.#inBothCases(ranges), { isNegated });
  }

  #classItem(): readonly Range[] {
    const named = this.#posixClass() ?? this.#perlClass();
    if (named !== null) return named;
    const from = this.#character();
    const to = this.#take(/-(?!\])/y) === null ? from : this.#character();
    if (to < from || from > lastUnit) throw new SyntaxError('a range that cannot be');
    return [[from, Math.min(to, lastUnit)]];
  }

  #posixClass(): readonly Range[] | null {
    const [, not, name] = this.#take(/\[:(\^?)([^:\]]*):\]/y) ?? [];
    if (name === undefined) return null;
    const ranges = posixClasses.get(name);
    if (ranges === undefined) throw new SyntaxError('a class of an unknown name');
    return not === '' ? ranges : complementOf(ranges);
  }

  #perlClass(): readonly Range[] | null {
    const letter = this.#take(/\\([dswDSW])/y)?.[1];
    return letter === undefined ? null : (perlClasses[letter] ?? null);
  }

  /** One character, perhaps by an escape. */
  #character(): number {
    if (this.#text[this.#at] !== '\\') return this.#next();
    const sign = this.#take(/\\([!-/:-@[-`{-~])/y)?.[1];
    if (sign !== undefined) return sign.charCodeAt(0);
    const letter = this.#take(/\\([afnrtv])/y)?.[1];
    if (letter !== undefined) return unitByLetter[letter] ?? 0;
    const octal = this.#take(/\\(0[0-7]{0,2}|[1-7][0-7]{1,2})/y)?.[1];
    if (octal !== undefined) return Number.parseInt(octal, 8);
    const [, short, long = short] = this.#take(/\\x(?:([\dA-Fa-f]{2})|\{([\dA-Fa-f]{1,6})\})/y) ?? [];
    const character = Number.parseInt(long ?? '', 16);
    if (character <= lastCharacter) return character;
    throw new SyntaxError('an escape that has no translation');
  }

  /** Under the flag i, which the engine does not have. */
  #inBothCases(ranges: readonly Range[]): readonly Range[] {
    if (!this.#flags.i) return ranges;
    const others = ranges.flatMap((range) => {
      const [, to] = range;
      if (to > lastAscii && to < lastUnit) throw new SyntaxError('the flag i is for ASCII letters only');
      return [...movedPart(range, uppers, caseDistance), ...movedPart(range, lowers, -caseDistance)];
    });
    return [...ranges, ...others];
  }

  #next(): number {
    const character = this.#text.codePointAt(this.#at);
    if (character === undefined) throw new SyntaxError('it ends too early');
    this.#at += character > lastUnit ? 2 : 1;
    return character;
  }

  /** `pattern` is sticky. */
  #take(pattern: RegExp): RegExpExecArray | null {
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.#text);
    if (found !== null) this.#at += found[0].length;
    return found;
  }
}

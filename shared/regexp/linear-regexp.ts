/**
 * Compiles the regular expressions that users write. Dapr's are Go's: matched in linear time. A pattern that a caller's
 * path could make backtrack for minutes must not be possible here either, so V8's linear engine runs them (flag `l`),
 * and what it cannot run (`(?i)`, look-around, back references) is refused when it is loaded.
 */
import { setFlagsFromString } from 'node:v8';

/** The linear engine takes no higher count in one repetition. */
const maxRepetition = 16;
/** As in Go. */
const maxCount = 1_000;
const maxPatternLength = 1_024;
/** An atom that is no group, with its count if it has one: `[0-9a-f]{24}`, `\d{3,30}`. */
const countedAtom = /(\[\^?\]?(?:\\.|[^\]\\])*\]|\\.|[^\\()[\]{}|*+?^$])(?:\{(\d{1,4})(?:(,)(\d{0,4}))?\})?/g;

/** `g`: for `replaceAsGo`. Throws SyntaxError for a pattern that is wrong or cannot be matched in linear time. */
export function compileLinearRegExp(goPattern: string, mode: '' | 'g' = ''): RegExp {
  if (goPattern.length > maxPatternLength) throw new SyntaxError(`longer than ${maxPatternLength} characters`);
  setFlagsFromString('--enable-experimental-regexp-engine');
  const flags = /^\(\?([ims]+)\)/.exec(goPattern)?.[1] ?? '';
  const pattern = goPattern
    .replace(/^\(\?[ims]+\)/, '')
    .replaceAll('(?P<', '(?<')
    .replace(/^\\A/, '^')
    .replace(/\\z$/, '$')
    .replace(countedAtom, (whole: string, ...groups: (string | undefined)[]) => splitRepetition(whole, groups));
  return new RegExp(pattern, `${mode}l${[...new Set(flags)].join('')}`);
}

/** `x{40}` is `x{16}x{16}x{8}`. */
function splitRepetition(whole: string, [atom, low, comma, high]: readonly (string | undefined)[]): string {
  if (atom === undefined || low === undefined) return whole;
  const least = Number(low);
  const most = comma === undefined ? least : high === undefined || high === '' ? Infinity : Number(high);
  if (least > maxCount || (most > maxCount && most !== Infinity)) throw new SyntaxError(`a count is above ${maxCount}`);
  if (most < least) throw new SyntaxError('a repetition counts down');
  let split = '';
  for (let left = least; left > 0; left -= maxRepetition) split += `${atom}{${Math.min(left, maxRepetition)}}`;
  if (most === Infinity) return `${split}${atom}*`;
  for (let left = most - least; left > 0; left -= maxRepetition) split += `${atom}{0,${Math.min(left, maxRepetition)}}`;
  return split;
}

/** Replaces every match; the replacement speaks Go's templates: `$1`, `${1}`, `${name}`, `$$`. */
export function replaceAsGo(text: string, pattern: RegExp, template: string): string {
  return text.replace(pattern, (...args: unknown[]) => expand(template, args));
}

function expand(template: string, args: readonly unknown[]): string {
  const last = args.at(-1);
  const named = new Map<string, unknown>(typeof last === 'object' && last !== null ? Object.entries(last) : []);
  const groupCount = args.findIndex((arg) => typeof arg === 'number');
  return template.replace(/\$(?:\$|\{(\w+)\}|(\w+))/g, (_whole, braced?: string, bare?: string) => {
    const name = braced ?? bare;
    if (name === undefined) return '$';
    const value = /^\d+$/.test(name) ? (Number(name) < groupCount ? args[Number(name)] : '') : named.get(name);
    return typeof value === 'string' ? value : '';
  });
}

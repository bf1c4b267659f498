/**
 * Compiles the regular expressions that users write. Dapr's are Go's: matched in linear time. A pattern that a caller's
 * path could make backtrack for minutes must not be possible here either, so V8's linear engine runs them (flag `l`),
 * and what it cannot run is refused when it is loaded.
 */
import { setFlagsFromString } from 'node:v8';
import { jsPatternFromGo } from './js-pattern-from-go.ts';

const maxPatternLength = 1_024;

/** `g`: for `replaceAsGo`. Throws SyntaxError for a pattern that is wrong or cannot be matched in linear time. */
export function compileLinearRegExp(goPattern: string, mode: '' | 'g' = ''): RegExp {
  if (goPattern.length > maxPatternLength) throw new SyntaxError(`longer than ${maxPatternLength} characters`);
  setFlagsFromString('--enable-experimental-regexp-engine');
  const { source, flags } = jsPatternFromGo(goPattern);
  return new RegExp(source, `${mode}l${flags}`);
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

/**
 * A map of aliases to paths, as JSON or as the simplest of YAML: one `alias: path` to a line. All of YAML would cost each
 * proxy the memory of its parser. Pure.
 */
import { recordFrom } from '../resources/read-field.ts';

/** One entry of a route map. */
export interface RouteAlias {
  /** Path as callers send it; `{name}` stands for one segment. */
  readonly alias: string;
  /** Path that takes its place, perhaps with a query. */
  readonly route: string;
}

export interface RouteMap {
  readonly routes: readonly RouteAlias[];
  /** The end of a sentence; never quotes the text. */
  readonly mistake: string | null;
}

/** Reads it; `''` has no routes. */
export function parseRouteMap(text: string): RouteMap {
  return text.trimStart().startsWith('{') ? fromJson(text) : fromLines(text);
}

function fromJson(text: string): RouteMap {
  let content: unknown;
  try {
    content = JSON.parse(text);
  } catch {
    return { routes: [], mistake: 'begins as JSON does and is no JSON' };
  }
  const entries = Object.entries(recordFrom(content) ?? {});
  const routes = entries.flatMap(([alias, route]) => (typeof route === 'string' ? [{ alias, route }] : []));
  return { routes, mistake: routes.length === entries.length ? null : 'must map each alias to a text' };
}

function fromLines(text: string): RouteMap {
  const routes: RouteAlias[] = [];
  let indent: number | null = null;
  for (const [index, line] of text.split(/\r?\n/).entries()) {
    const content = line.trim();
    if (content === '' || content.startsWith('#') || (content === '---' && routes.length === 0)) continue;
    const lineIndent = line.length - line.trimStart().length;
    indent ??= lineIndent;
    const key = scalarAt(content, 0);
    const colon = key === null ? -1 : afterSpaces(content, key.end);
    const value = content[colon] === ':' ? scalarAt(content, colon + 1) : null;
    const rest = value === null ? '' : content.slice(value.end).trimStart();
    if (key === null || value === null || lineIndent !== indent || (rest !== '' && !rest.startsWith('#'))) {
      return {
        routes: [],
        mistake: `must be JSON, or YAML with one "alias: path" to a line; line ${index + 1} is neither`,
      };
    }
    routes.push({ alias: key.text, route: value.text });
  }
  return { routes, mistake: null };
}

interface Scalar {
  readonly text: string;
  /** Where it ends. */
  readonly end: number;
}

/** A text in quotes or without, which ends before `: ` and ` #`. */
function scalarAt(line: string, from: number): Scalar | null {
  const start = afterSpaces(line, from);
  // After a colon there is a space.
  if (from > 0 && start === from) return null;
  const quote = line[start];
  if (quote === '"' || quote === "'") return quotedAt(line, start);
  if (quote === undefined || '[]{},#&*!|>%@`?-:'.includes(quote)) return null;
  let end = start;
  while (end < line.length && !endsPlain(line, end)) end += 1;
  const text = line.slice(start, end);
  return { text: text.trimEnd(), end };
}

function afterSpaces(line: string, from: number): number {
  let at = from;
  while (line[at] === ' ' || line[at] === '\t') at += 1;
  return at;
}

function endsPlain(line: string, at: number): boolean {
  const isSpace = (character: string | undefined): boolean =>
    character === undefined || character === ' ' || character === '\t';
  return (line[at] === ':' && isSpace(line[at + 1])) || (line[at] === '#' && isSpace(line[at - 1]));
}

/** `''` is a quote in single ones; in double ones, what JSON escapes. */
function quotedAt(line: string, start: number): Scalar | null {
  const quote = line[start];
  let end = start + 1;
  while (end < line.length) {
    if (quote === '"' && line[end] === '\\') end += 1;
    else if (line[end] === quote && quote === "'" && line[end + 1] === quote) end += 1;
    else if (line[end] === quote) break;
    end += 1;
  }
  if (line[end] !== quote) return null;
  const inner = line.slice(start + 1, end);
  if (quote === "'") return { text: inner.replaceAll("''", "'"), end: end + 1 };
  try {
    const text: unknown = JSON.parse(`"${inner}"`);
    return typeof text === 'string' ? { text, end: end + 1 } : null;
  } catch {
    return null;
  }
}

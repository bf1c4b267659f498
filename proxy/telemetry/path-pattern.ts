/**
 * A pattern of `metrics.http.pathMatching`, in the syntax of Go's ServeMux: `/orders/{id}`, `/files/{rest...}`,
 * `/static/` for everything below, `/exactly/{$}`, `POST /orders`. Pure.
 */

export type PatternSegment =
  | { readonly kind: 'literal'; readonly text: string }
  /** One segment that is not empty. */
  | { readonly kind: 'any' }
  /** The trailing slash and nothing after it. */
  | { readonly kind: 'end' }
  /** Whatever follows, also nothing. */
  | { readonly kind: 'rest' };

export interface PathPattern {
  /** The path as written, slashes merged: the label. */
  readonly text: string;
  /** `''`: every method. */
  readonly method: string;
  readonly segments: readonly PatternSegment[];
}

export type PatternRelation = 'disjoint' | 'same' | 'narrower' | 'wider' | 'conflicting';

const methodPrefix = /^([A-Za-z]+)[ \t]+/;
const wildcardName = /^[\p{L}_][\p{L}\p{Nd}_]*$/u;

/** Throws Error that says what is wrong with the text. */
export function parsePathPattern(written: string): PathPattern {
  const method = methodPrefix.exec(written)?.[1] ?? '';
  const path = mergeSlashes(`/${written.replace(methodPrefix, '')}`);
  const parts = path.slice(1).split('/');
  const names = new Set<string>();
  const segments = parts.map((part, index): PatternSegment => {
    const isLast = index === parts.length - 1;
    if (part === '') return { kind: 'rest' };
    if (part === '.' || part === '..') throw new Error('a dot segment never matches');
    if (!/[{}]/.test(part)) return { kind: 'literal', text: decoded(part) };
    if (!part.startsWith('{') || !part.endsWith('}')) throw new Error('a wildcard must be a whole segment');
    const name = part.slice(1, -1);
    if (name === '$' && isLast) return { kind: 'end' };
    const bare = name.endsWith('...') ? name.slice(0, -3) : name;
    if (!wildcardName.test(bare)) throw new Error(`"${part}" is not a wildcard`);
    if (names.has(bare)) throw new Error(`it has two wildcards named "${bare}"`);
    names.add(bare);
    if (bare === name) return { kind: 'any' };
    if (!isLast) throw new Error(`"${part}" is not at the end`);
    return { kind: 'rest' };
  });
  return { text: path, method: method.toUpperCase(), segments };
}

/** How the requests that `a` matches lie to those of `b`. `conflicting`: they share some and neither is narrower. */
export function relationOf(a: PathPattern, b: PathPattern): PatternRelation {
  const methods = methodRelation(a.method, b.method);
  const paths = pathRelation(a.segments, b.segments);
  if (methods === 'disjoint' || paths === 'disjoint') return 'disjoint';
  if (methods === 'same') return paths;
  if (paths === 'same' || paths === methods) return methods;
  return 'conflicting';
}

/** `//a///b` is `/a/b`. */
export function mergeSlashes(path: string): string {
  return path.includes('//') ? path.replace(/\/{2,}/g, '/') : path;
}

/** One segment without its escapes; as it is when they are none. */
export function decoded(segment: string): string {
  if (!segment.includes('%')) return segment;
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}

/** GET patterns match HEAD too. */
function methodRelation(a: string, b: string): PatternRelation {
  if (a === b) return 'same';
  if (a === '' || (a === 'GET' && b === 'HEAD')) return 'wider';
  if (b === '' || (b === 'GET' && a === 'HEAD')) return 'narrower';
  return 'disjoint';
}

function pathRelation(a: readonly PatternSegment[], b: readonly PatternSegment[]): PatternRelation {
  let isAWider = false;
  let isBWider = false;
  for (let index = 0; ; index += 1) {
    const inA = a[index];
    const inB = b[index];
    if (inA === undefined && inB === undefined) break;
    if (inA === undefined || inB === undefined) return 'disjoint';
    if (inA.kind === 'rest' || inB.kind === 'rest') {
      isAWider ||= inB.kind !== 'rest';
      isBWider ||= inA.kind !== 'rest';
      break;
    }
    if (inA.kind === 'literal' && inB.kind === 'literal' && inA.text !== inB.text) return 'disjoint';
    if ((inA.kind === 'end') !== (inB.kind === 'end')) return 'disjoint';
    isAWider ||= inA.kind === 'any' && inB.kind === 'literal';
    isBWider ||= inB.kind === 'any' && inA.kind === 'literal';
  }
  if (isAWider && isBWider) return 'conflicting';
  if (isAWider) return 'wider';
  return isBWider ? 'narrower' : 'same';
}

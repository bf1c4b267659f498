/** Finds the narrowest pattern that matches a path, in a tree of segments: time grows with the path, not with the patterns. */
import type { Logger } from '#shared/logger/logger.ts';
import { decoded, parsePathPattern, relationOf, type PathPattern, type PatternSegment } from './path-pattern.ts';

interface TreeNode {
  readonly byLiteral: Map<string, TreeNode>;
  any: TreeNode | null;
  end: PathPattern | null;
  rest: PathPattern | null;
  leaf: PathPattern | null;
}

/** As written; each counts below the invoke API once more. */
const maxPatterns = 250;
const maxPatternLength = 1_024;
/** `/v1.0/invoke/{app_id}/method` */
const invokeSegments: readonly PatternSegment[] = [
  { kind: 'literal', text: 'v1.0' },
  { kind: 'literal', text: 'invoke' },
  { kind: 'any' },
  { kind: 'literal', text: 'method' },
];

export class PathMatcher {
  readonly #rootsByMethod = new Map<string, TreeNode>();
  readonly #patterns: PathPattern[] = [];

  /** Invalid and conflicting patterns are left out; one warning names them. */
  constructor(patterns: readonly string[], logger: Logger) {
    const skipped: { pattern: string; reason: string }[] = [];
    for (const written of patterns) {
      const reason = this.#addWritten(written);
      if (reason !== null) skipped.push({ pattern: written.slice(0, 200), reason });
    }
    for (const pattern of this.#patterns.slice()) this.#addBelowInvoke(pattern);
    if (skipped.length > 0) {
      logger.warn('some path patterns of the metrics configuration are skipped', { skipped: skipped.slice(0, 20) });
    }
  }

  /** The pattern for a path that begins with a slash, or null. */
  match(method: string, path: string): PathPattern | null {
    const segments = path.slice(1).split('/');
    const methods = method === 'HEAD' ? ['HEAD', 'GET', ''] : [method, ''];
    for (const candidate of methods) {
      const root = this.#rootsByMethod.get(candidate);
      const found = root === undefined ? null : findWithSlash(root, segments);
      if (found !== null) return found;
    }
    return null;
  }

  get isEmpty(): boolean {
    return this.#patterns.length === 0;
  }

  /** Returns why the pattern cannot be used. */
  #addWritten(written: string): string | null {
    if (written.trim() === '') return 'it is empty';
    if (written.length > maxPatternLength) return `it is longer than ${maxPatternLength} characters`;
    if (this.#patterns.length >= maxPatterns) return `there are more than ${maxPatterns} patterns`;
    try {
      const pattern = parsePathPattern(written);
      for (const other of this.#patterns) {
        const relation = relationOf(pattern, other);
        if (relation === 'same')
          return other.text === pattern.text ? null : `it matches the same paths as ${other.text}`;
        if (relation === 'conflicting') return `it conflicts with ${other.text}`;
      }
      this.#insert(pattern);
      return null;
    } catch (err) {
      return err instanceof Error ? err.message : String(err);
    }
  }

  /** As in Dapr, a pattern counts for invocations too. Where one overlaps what a user wrote for those, the tree decides. */
  #addBelowInvoke({ text, method, segments }: PathPattern): void {
    if (text.startsWith('/v1.0/invoke/')) return;
    const pattern = {
      text: `/v1.0/invoke/{app_id}/method${text}`,
      method,
      segments: [...invokeSegments, ...segments],
    };
    if (this.#patterns.every((other) => relationOf(pattern, other) !== 'same')) this.#insert(pattern);
  }

  #insert(pattern: PathPattern): void {
    const root = this.#rootsByMethod.get(pattern.method) ?? newNode();
    this.#rootsByMethod.set(pattern.method, root);
    insert(root, pattern);
    this.#patterns.push(pattern);
  }
}

function newNode(): TreeNode {
  return { byLiteral: new Map(), any: null, end: null, rest: null, leaf: null };
}

function insert(root: TreeNode, pattern: PathPattern): void {
  let node = root;
  for (const segment of pattern.segments) {
    if (segment.kind === 'rest') {
      node.rest = pattern;
      return;
    }
    if (segment.kind === 'end') {
      node.end = pattern;
      return;
    }
    let next = segment.kind === 'any' ? node.any : node.byLiteral.get(segment.text);
    if (next === null || next === undefined) {
      next = newNode();
      if (segment.kind === 'any') node.any = next;
      else node.byLiteral.set(segment.text, next);
    }
    node = next;
  }
  node.leaf = pattern;
}

/** `/a` counts as `/a/` where only that is a pattern: ServeMux would redirect it there. */
function findWithSlash(root: TreeNode, segments: readonly string[]): PathPattern | null {
  const found = find(root, segments, 0);
  const isExact = found !== null && found.segments.at(-1)?.kind !== 'rest';
  if (isExact || segments.at(-1) === '') return found;
  const below = find(root, [...segments, ''], 0);
  return below !== null && below.segments.length === segments.length + 1 ? below : found;
}

function find(node: TreeNode, segments: readonly string[], index: number): PathPattern | null {
  const segment = segments[index];
  if (segment === undefined) return node.leaf;
  if (segment === '' && index === segments.length - 1) return node.end ?? node.rest;
  const literal = node.byLiteral.get(decoded(segment));
  const found = literal === undefined ? null : find(literal, segments, index + 1);
  if (found !== null) return found;
  const wild = node.any === null || segment === '' ? null : find(node.any, segments, index + 1);
  return wild ?? node.rest;
}

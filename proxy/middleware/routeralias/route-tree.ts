/** Finds the alias that a path is, segment by segment; a literal segment goes before a variable. Pure. */
import type { RouteAlias } from '#shared/middleware/route-map.ts';

export interface MatchedRoute {
  /** Path, perhaps with a query. */
  readonly route: string;
  /** Decoded, in the order of the alias. */
  readonly variables: readonly (readonly [name: string, value: string])[];
}

interface Leaf {
  readonly route: string;
  readonly names: readonly string[];
}

interface Node {
  readonly literals: Map<string, Node>;
  variable: Node | null;
  leaf: Leaf | null;
}

export class RouteTree {
  readonly #root = newNode();

  constructor(routes: readonly RouteAlias[]) {
    for (const route of routes) this.#add(route);
  }

  /** `path`: raw. Two spellings of a segment, escaped or not, are the same. */
  match(path: string): MatchedRoute | null {
    const values: string[] = [];
    const leaf = leafBelow(this.#root, { segments: path.split('/').map(decoded), values });
    if (leaf === null) return null;
    return { route: leaf.route, variables: leaf.names.map((name, index) => [name, values[index] ?? ''] as const) };
  }

  /** The first of two aliases for the same paths counts. */
  #add({ alias, route }: RouteAlias): void {
    const names: string[] = [];
    let node = this.#root;
    for (const segment of alias.split('/')) {
      const name = /^\{(\w+)\}$/.exec(segment)?.[1];
      if (name !== undefined) names.push(name);
      node = name === undefined ? literalNode(node, decoded(segment)) : (node.variable ??= newNode());
    }
    node.leaf ??= { route: route.replace(/[^!-~]+/g, (text) => encodeURIComponent(text)), names };
  }
}

/** Leaves the values of the variables on the way in `values`. */
function leafBelow(
  node: Node,
  way: { readonly segments: readonly string[]; readonly values: string[] },
  at = 0,
): Leaf | null {
  const { segments, values } = way;
  const segment = segments[at];
  if (segment === undefined) return node.leaf;
  const literal = node.literals.get(segment);
  const found = literal === undefined ? null : leafBelow(literal, way, at + 1);
  if (found !== null || node.variable === null || segment === '') return found;
  const count = values.push(segment);
  const below = leafBelow(node.variable, way, at + 1);
  if (below === null) values.length = count - 1;
  return below;
}

function literalNode(parent: Node, segment: string): Node {
  const present = parent.literals.get(segment);
  if (present !== undefined) return present;
  const node = newNode();
  parent.literals.set(segment, node);
  return node;
}

function newNode(): Node {
  return { literals: new Map(), variable: null, leaf: null };
}

/** As it is where an escape is none. */
function decoded(segment: string): string {
  if (!segment.includes('%')) return segment;
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}

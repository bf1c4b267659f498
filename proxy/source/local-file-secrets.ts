/** The content of `secretstores.local.file`: JSON, nested or not (spec/httpendpoint.md §3). Pure. */

export interface LocalFileOptions {
  /** Joins the names of nested maps; Dapr's default is a colon. */
  readonly nestedSeparator: string;
  /** Each top-level map is one secret with many keys, instead of many secrets with one. */
  readonly multiValued: boolean;
}

export type LocalFileResult =
  /** By name, then by key. */
  | { readonly secretsByName: ReadonlyMap<string, ReadonlyMap<string, string>>; readonly mistake: null }
  | { readonly secretsByName: null; readonly mistake: string };

const maxDepth = 64;

/** Reads the file's text. The mistake never quotes it. */
export function parseLocalFileSecrets(text: string, options: LocalFileOptions): LocalFileResult {
  let content: unknown;
  try {
    content = JSON.parse(text);
  } catch (err) {
    return { secretsByName: null, mistake: `it is not valid JSON${positionIn(err, text)}` };
  }
  if (typeof content !== 'object' || content === null || Array.isArray(content)) {
    return { secretsByName: null, mistake: 'it must be a JSON object' };
  }
  const secretsByName = new Map<string, ReadonlyMap<string, string>>();
  for (const [name, value] of Object.entries(content)) {
    const leaves = [...leavesOf(value, [])];
    if (leaves.some(({ path }) => path.length > maxDepth)) {
      return { secretsByName: null, mistake: `it is nested deeper than ${maxDepth} levels` };
    }
    if (options.multiValued && isNested(value)) {
      const entries = leaves.map((leaf) => [leaf.path.join(options.nestedSeparator), leaf.text] as const);
      secretsByName.set(name, new Map(entries));
      continue;
    }
    for (const { path, text: secret } of leaves) {
      // A secret with one value has it under its own name, so that a reference need not name a key.
      const fullName = [name, ...path].join(options.nestedSeparator);
      secretsByName.set(fullName, new Map([[fullName, secret]]));
    }
  }
  return { secretsByName, mistake: null };
}

/** Where JSON.parse stopped, without the piece of text that its message quotes. */
function positionIn(err: unknown, text: string): string {
  const position = err instanceof Error ? /position (\d+)/.exec(err.message)?.[1] : undefined;
  if (position === undefined) return '';
  return ` at line ${text.slice(0, Number(position)).split('\n').length}`;
}

interface Leaf {
  readonly path: readonly string[];
  readonly text: string;
}

/** Every value that is no map and no list, with the way to it. Beyond the depth that is allowed it goes no further. */
function* leavesOf(value: unknown, path: readonly string[]): Generator<Leaf> {
  if (isNested(value) && path.length <= maxDepth) {
    for (const [name, child] of Object.entries(value)) yield* leavesOf(child, [...path, name]);
  } else if (value !== null) {
    yield { path, text: typeof value === 'string' ? value : JSON.stringify(value) };
  }
}

function isNested(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}

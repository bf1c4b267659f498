/** One YAML document (or JSON, which is YAML) as plain values. Pure. Messages never quote the document. */
import { isScalar, parseDocument, Scalar, Schema, visit, type Document, type ScalarTag } from 'yaml';
import type { DocumentText } from './split-documents.ts';

export type DocumentResult =
  | { readonly document: unknown; readonly mistake: null }
  | { readonly document: null; readonly mistake: string; readonly line: number };

/** An alias may stand for a bounded amount of content, so that a small file cannot become a huge one. */
const maxAliasCount = 100;
const maxDepth = 64;

/** `yes`, `no`, `on` and `off` are what they are to kubectl and Dapr, whose YAML is 1.1 there. */
const oldBoolean: ScalarTag = {
  default: true,
  tag: 'tag:yaml.org,2002:bool',
  test: /^(?:[Yy]es|YES|[Nn]o|NO|[Oo]n|ON|[Oo]ff|OFF)$/,
  resolve: (text) => new Scalar(/^(?:y|on)/i.test(text)),
};

const schema = new Schema({ schema: 'core', merge: true, customTags: (tags) => [oldBoolean, ...tags] });

const sentencesByCode: Readonly<Record<string, string>> = {
  BAD_ALIAS: 'an alias has no anchor before it',
  BAD_DQ_ESCAPE: 'a double-quoted text has an escape that YAML does not know',
  BAD_INDENT: 'the indentation does not fit',
  BAD_SCALAR_START: 'a text begins with a reserved character; put it in quotes',
  BLOCK_AS_IMPLICIT_KEY: 'a map begins on the line of another key',
  DUPLICATE_KEY: 'a key is there twice',
  MISSING_CHAR: 'a quote, bracket, colon, comma or space is missing',
  MULTILINE_IMPLICIT_KEY: 'a key runs over more than one line',
  RESOURCE_EXHAUSTION: 'it is nested too deeply',
  TAB_AS_INDENT: 'a tab is used as indentation',
  UNEXPECTED_TOKEN: 'something stands where nothing can',
};

/** Parses one document. Whole numbers come as bigint, so that none loses digits. */
export function readDocument({ text, line }: DocumentText): DocumentResult {
  // Pretty errors quote the line they are about, and that may be a secret. Unique keys are checked below: the package
  // compares each key with all others, which for a large map takes minutes.
  const parsed = parseDocument(text, {
    schema,
    intAsBigInt: true,
    prettyErrors: false,
    uniqueKeys: false,
    logLevel: 'silent',
  });
  const [error] = parsed.errors;
  const refuse = (code: string, at: number): DocumentResult => ({
    document: null,
    mistake: `it is not valid YAML: ${sentencesByCode[code] ?? code.toLowerCase().replaceAll('_', ' ')}`,
    line: line + text.slice(0, at).split('\n').length - 1,
  });
  if (error !== undefined) return refuse(error.code, error.pos[0]);
  const duplicateAt = findDuplicateKey(parsed);
  if (duplicateAt !== null) return refuse('DUPLICATE_KEY', duplicateAt);
  try {
    const document: unknown = parsed.toJS({ maxAliasCount });
    const mistake = shapeMistake(document);
    return mistake === null ? { document, mistake } : { document: null, mistake, line };
  } catch (err) {
    // Aliases are resolved here: one may lack its anchor, or stand for too much.
    const isExcessive = err instanceof Error && err.message.startsWith('Excessive alias');
    return isExcessive
      ? { document: null, mistake: 'its aliases stand for too much content', line }
      : refuse('BAD_ALIAS', 0);
  }
}

function findDuplicateKey(parsed: Document): number | null {
  let found: number | null = null;
  visit(parsed, {
    Map: (_key, map) => {
      const keys = new Set<unknown>();
      for (const { key } of map.items) {
        if (!isScalar(key) || key.value === '<<') continue;
        if (keys.has(key.value)) {
          found = key.range?.[0] ?? 0;
          return visit.BREAK;
        }
        keys.add(key.value);
      }
      return undefined;
    },
  });
  return found;
}

/** Refuses what no recursion can walk: an alias inside its own anchor, and nesting beyond reason. */
function shapeMistake(document: unknown): string | null {
  const heights = new Map<object, number>();
  const open = new Set<object>();
  const heightOf = (value: unknown, depth: number): number => {
    if (typeof value !== 'object' || value === null) return 0;
    const known = heights.get(value);
    if (known !== undefined) return known;
    if (open.has(value) || depth > maxDepth) return Number.POSITIVE_INFINITY;
    open.add(value);
    let height = 0;
    for (const child of Object.values(value)) height = Math.max(height, heightOf(child, depth + 1));
    open.delete(value);
    heights.set(value, height + 1);
    return height + 1;
  };
  if (heightOf(document, 0) <= maxDepth) return null;
  return `it is nested deeper than ${maxDepth} levels, or an alias stands inside its own anchor`;
}

/** Cuts a YAML stream into its documents, so that each is parsed, cached and refused by itself. Pure. */

export interface DocumentText {
  readonly text: string;
  /** Of the first line of `text` in the file, from 1. */
  readonly line: number;
}

/** A line that begins a document, or one that ends it (YAML 1.2 §9.1). `-----BEGIN` is neither. */
const marker = /^(?:---(?=[ \t\r\n]|$)|\.\.\.(?=[ \t\r\n]|$))/gm;

/** The documents that hold something, in order. */
export function splitDocuments(text: string): readonly DocumentText[] {
  const documents: DocumentText[] = [];
  let from = 0;
  let line = 1;
  const add = (to: number): void => {
    const part = text.slice(from, to);
    if (!isEmpty(part)) documents.push(withoutLeadingComments({ text: part, line }));
  };
  for (const match of text.matchAll(marker)) {
    add(match.index);
    line += countLines(text, from, match.index);
    // What follows `--- ` on its line belongs to the document.
    from = match.index + match[0].length;
  }
  add(text.length);
  return documents;
}

function isEmpty(text: string): boolean {
  for (const line of text.split('\n')) if (!isIgnored(line)) return false;
  return true;
}

/** So that a document is said to stand where it begins to say something. */
function withoutLeadingComments({ text, line }: DocumentText): DocumentText {
  let start = 0;
  let skipped = 0;
  for (;;) {
    const end = text.indexOf('\n', start);
    if (end === -1 || !isIgnored(text.slice(start, end))) break;
    start = end + 1;
    skipped += 1;
  }
  return { text: text.slice(start), line: line + skipped };
}

function isIgnored(line: string): boolean {
  return /^\s*(?:#.*)?$|^%/.test(line);
}

function countLines(text: string, from: number, to: number): number {
  let count = 0;
  for (let at = text.indexOf('\n', from); at !== -1 && at < to; at = text.indexOf('\n', at + 1)) count += 1;
  return count;
}

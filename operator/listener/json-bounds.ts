/**
 * Whether a JSON text may be parsed: objects and lists cost many times the bytes that they are written in, so that a body within its
 * limit could still take all memory, and what is nested without end would exhaust the stack of whoever walks it. Pure.
 */

export interface JsonBounds {
  readonly maxDepth: number;
  /** Of values in all: roughly the fields and items. */
  readonly maxValues: number;
}

/** No object of Kubernetes comes near; together they cost some tens of megabytes. */
export const defaultJsonBounds: JsonBounds = { maxDepth: 128, maxValues: 500_000 };

const quote = 0x22;
const backslash = 0x5c;
const comma = 0x2c;
/** With this bit, `[` is `{` and `]` is `}`. */
const braceBit = 0x20;
const opening = 0x7b;
const closing = 0x7d;

/** What is wrong with it; `null`: it may be parsed, if it is JSON at all. */
export function jsonBoundsMistake(text: Uint8Array, { maxDepth, maxValues } = defaultJsonBounds): string | null {
  let depth = 0;
  let values = 0;
  let isInString = false;
  for (let at = 0; at < text.length; at += 1) {
    const byte = text[at] ?? 0;
    if (isInString) {
      if (byte === backslash) at += 1;
      else if (byte === quote) isInString = false;
    } else if (byte === quote) {
      isInString = true;
    } else if (byte === comma) {
      values += 1;
    } else if ((byte | braceBit) === opening) {
      depth += 1;
      values += 1;
      if (depth > maxDepth) return `it is nested more than ${maxDepth} levels deep`;
    } else if ((byte | braceBit) === closing) {
      depth -= 1;
    }
    if (values > maxValues) return `it holds more than ${maxValues} values`;
  }
  return null;
}

/** The kinds of values that a flag takes, and how each is read from text. Pure. */
import { longestDelayMs } from '../clock/clock.ts';
import { bytesFromQuantity } from './quantity.ts';
import { listFromCommaSeparated } from './comma-separated.ts';
import { msFromGoDuration } from './go-duration.ts';

/** What each kind of flag becomes. */
export interface FlagValueByKind {
  readonly text: string;
  readonly list: readonly string[];
  readonly boolean: boolean;
  readonly integer: number;
  readonly port: number | null;
  readonly bytes: number;
  readonly ms: number;
}

export type FlagKind = keyof FlagValueByKind;
export type FlagValue = FlagValueByKind[FlagKind];

interface KindReader {
  /** `undefined`: the text is no such value. */
  readonly read: (text: string) => FlagValue | undefined;
  /** Completes the sentence "…: give …". */
  readonly expected: string;
}

/** Go's ParseBool. */
const booleanByText: ReadonlyMap<string, boolean> = new Map([
  ...['1', 't', 'T', 'true', 'TRUE', 'True'].map((text) => [text, true] as const),
  ...['0', 'f', 'F', 'false', 'FALSE', 'False'].map((text) => [text, false] as const),
]);

const readers: Readonly<Record<FlagKind, KindReader>> = {
  text: { read: (text) => text, expected: 'text' },
  list: { read: (text) => listFromCommaSeparated(text) ?? undefined, expected: 'values separated by commas' },
  boolean: { read: (text) => booleanByText.get(text), expected: 'true or false' },
  integer: { read: integerFromText, expected: 'a whole number' },
  port: { read: portFromText, expected: 'a port between 0 and 65535' },
  bytes: { read: (text) => bytesFromQuantity(text) ?? undefined, expected: 'a size such as 4Mi, 64Ki or 10M' },
  ms: { read: shortMsFromText, expected: 'a duration such as 500ms, 10s or 1m30s' },
};

/** Reads one value, or returns the end of a sentence that says what to give instead. */
export function readFlagValue(kind: FlagKind, text: string): { value: FlagValue } | { expected: string } {
  const { read, expected } = readers[kind];
  const value = read(text);
  return value === undefined ? { expected } : { value };
}

function integerFromText(text: string): number | undefined {
  if (!/^[+-]?(0|[1-9]\d*)$/.test(text)) return undefined;
  const number = Number(text);
  return Number.isSafeInteger(number) ? number + 0 : undefined;
}

/** An empty port is none, as daprd's injector may write it. */
function portFromText(text: string): number | null | undefined {
  if (text === '') return null;
  const port = integerFromText(text);
  return port !== undefined && port >= 0 && port <= 65_535 ? port : undefined;
}

function shortMsFromText(text: string): number | undefined {
  const ms = msFromGoDuration(text);
  return ms !== null && Math.abs(ms) <= longestDelayMs ? ms : undefined;
}

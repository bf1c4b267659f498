/** Counted repetitions for the linear engine, which takes only small counts. Pure. */

/** The highest count in one repetition. */
const maxRepetition = 16;
/** As in Go. */
const maxCount = 1_000;

export interface Repetition {
  readonly least: number;
  /** Perhaps Infinity. */
  readonly most: number;
  readonly isLazy: boolean;
}

/** `x{40}` is `x{16}x{16}x{8}`. Throws SyntaxError for counts that no pattern may have. */
export function repeated(atom: string, { least, most, isLazy }: Repetition): string {
  if (least > maxCount || (most > maxCount && most !== Infinity)) throw new SyntaxError(`a count is above ${maxCount}`);
  if (most < least) throw new SyntaxError('a repetition counts down');
  const lazy = isLazy ? '?' : '';
  let split = '';
  for (let left = least; left > 0; left -= maxRepetition) split += `${atom}{${Math.min(left, maxRepetition)}}`;
  if (most === Infinity) return `${split}${atom}*${lazy}`;
  for (let left = most - least; left > 0; left -= maxRepetition) {
    split += `${atom}{0,${Math.min(left, maxRepetition)}}${lazy}`;
  }
  return split === '' ? '(?:)' : split;
}

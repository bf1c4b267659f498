/** Text for people at a terminal. The log of a running proxy goes through shared/logger instead. */

/** Writes to standard output. */
export function print(text: string): void {
  process.stdout.write(text);
}

/** Writes to standard error. */
export function printError(text: string): void {
  process.stderr.write(text);
}

/** The same text in memory of its own: a slice of a URL would keep all of that URL alive. */
export function ownCopy(text: string): string {
  return Buffer.from(text).toString();
}

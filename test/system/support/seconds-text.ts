/** Milliseconds as people read them in the figures of a test. */
export function secondsText(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`;
}

/** How long to wait before a middleware that could not be started, or its token server, is tried again: proxies come one by one. Pure. */

const firstMs = 1_000;
const longestMs = 30_000;

/** Milliseconds: doubled each time, the upper half of it by chance. `failures` in a row, at least one; `random` in [0, 1). */
export function restartDelayMs(failures: number, random: number): number {
  const ceilingMs = Math.min(longestMs, firstMs * 2 ** Math.min(failures - 1, 30));
  return ceilingMs * (0.5 + random / 2);
}

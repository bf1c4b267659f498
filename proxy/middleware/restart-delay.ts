/** How long to wait before a middleware that could not be started, or its token server, is tried again: proxies come one by one. Pure. */
import { growingDelayMs } from '#shared/clock/growing-delay.ts';

/** Milliseconds: doubled each time, the upper half of it by chance. `failures` in a row, at least one; `random` in [0, 1). */
export function restartDelayMs(failures: number, random: number): number {
  return growingDelayMs({ firstMs: 1_000, longestMs: 30_000 }, failures) * (0.5 + random / 2);
}

/** Ends the process when what it still writes is written. */
import { systemClock } from '#shared/clock/clock.ts';

/** Longer than a log line takes to reach its file. */
const longestMs = 500;

/** Sets the exit code. The process ends by itself when nothing is left to do, and soon in any case. */
export function endProcess(exitCode: number): void {
  process.exitCode = exitCode;
  systemClock.after(longestMs, () => process.exit());
}

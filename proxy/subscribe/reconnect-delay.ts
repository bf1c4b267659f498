/** How long to wait before the next connection to the control plane, so that thousands of proxies come one by one. Pure. */
import { growingDelayMs, type Growth } from '#shared/clock/growing-delay.ts';

export interface FailedConnections {
  /** In a row, at least one. */
  readonly failures: number;
  /** The control plane knows us and says no: asking soon again changes nothing. */
  readonly isRefusal: boolean;
  /** A proxy that holds a table can wait; one without serves nobody. */
  readonly holdsTable: boolean;
  /** What Retry-After asked for; 0: nothing. */
  readonly retryAfterMs: number;
}

const urgent: Growth = { firstMs: 100, longestMs: 15_000 };
const patient: Growth = { firstMs: 1000, longestMs: 15_000 };
const refused: Growth = { firstMs: 2000, longestMs: 60_000 };

/** Milliseconds: exponential with full jitter, after what Retry-After asks for. `random` is in [0, 1). */
export function reconnectDelayMs(failed: FailedConnections, random: number): number {
  const growth = failed.isRefusal ? refused : failed.holdsTable ? patient : urgent;
  return failed.retryAfterMs + random * growingDelayMs(growth, failed.failures);
}

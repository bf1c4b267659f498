/** A time limit for something that follows an AbortSignal. */
import type { Clock } from '#shared/clock/clock.ts';

export interface TimeLimitOptions {
  readonly clock: Clock;
  readonly limitMs: number;
  readonly signal: AbortSignal;
}

/**
 * Runs `work` with a signal that is aborted with the outer one, or when the time is over. The limit ends with the work; the outer signal
 * goes on to be followed.
 */
export async function withTimeLimit<Result>(
  { clock, limitMs, signal }: TimeLimitOptions,
  work: (signal: AbortSignal) => Promise<Result>,
): Promise<Result> {
  const limit = new AbortController();
  const timer = clock.after(limitMs, () => limit.abort(new Error(`no answer within ${limitMs / 1000} s`)));
  try {
    return await work(AbortSignal.any([signal, limit.signal]));
  } finally {
    timer.cancel();
  }
}

/** Durations in Components and Resiliencies, as Dapr takes them there: with a unit, or a bare number. Flags need the unit. Pure. */
import { longestDelayMs } from '../clock/clock.ts';
import { msFromGoDuration } from './go-duration.ts';

/** Go's durations, or a bare whole number of milliseconds; what no timer can wait counts as the longest. Null when it is neither. */
export function msFromDurationOrNumber(text: string): number | null {
  const ms = /^[+-]?\d+$/.test(text) ? Number(text) : msFromGoDuration(text);
  return ms === null ? null : Math.min(ms, longestDelayMs);
}

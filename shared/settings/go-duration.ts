/** Go's durations (`300ms`, `1m30s`, `1.5h`), as daprd takes them. Pure. */

const unitMs: Readonly<Record<string, number>> = {
  ns: 1e-6,
  us: 1e-3,
  µs: 1e-3,
  μs: 1e-3,
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
};

/** A digit has one place in it only, so that it takes no longer than the text is long. */
const durationPattern = /^([+-]?)((?:(?:\d+(?:\.\d*)?|\.\d+)(?:ns|us|\u00b5s|\u03bcs|ms|s|m|h))+)$/;
const partPattern = /(\d+(?:\.\d*)?|\.\d+)(ns|us|\u00b5s|\u03bcs|ms|s|m|h)/g;

/** Returns milliseconds, fractions included, or `null` when it is no duration. */
export function msFromGoDuration(text: string): number | null {
  if (/^[+-]?0$/.test(text)) return 0;
  const match = durationPattern.exec(text);
  if (match === null) return null;
  const [, sign, parts = ''] = match;
  const ms = [...parts.matchAll(partPattern)].reduce(
    (sum, [, number, unit = '']) => sum + Number(number) * (unitMs[unit] ?? Number.NaN),
    0,
  );
  if (!Number.isFinite(ms)) return null;
  return sign === '-' && ms !== 0 ? -ms : ms;
}

/** The bounds of Dapr's histograms (spec/observability.md §3, Buckets). */
import type { Logger } from '#shared/logger/logger.ts';

export const defaultLatencyBoundsMs: readonly number[] = [
  1, 2, 3, 4, 5, 6, 8, 10, 13, 16, 20, 25, 30, 40, 50, 65, 80, 100, 130, 160, 200, 250, 300, 400, 500, 650, 800, 1_000,
  2_000, 5_000, 10_000, 20_000, 50_000, 100_000,
];

export const sizeBoundsBytes: readonly number[] = [
  1_024, 2_048, 4_096, 16_384, 65_536, 262_144, 1_048_576, 4_194_304, 16_777_216, 67_108_864, 268_435_456,
  1_073_741_824, 4_294_967_296,
];

const maxLatencyBounds = 64;

/** The bounds that the Configuration asks for: in order, each once. What cannot be used is skipped with one warning. */
export function latencyBoundsMs(wanted: readonly number[], logger: Logger): readonly number[] {
  if (wanted.length === 0) return defaultLatencyBoundsMs;
  const usable = [...new Set(wanted.filter((bound) => Number.isFinite(bound) && bound > 0))].toSorted((a, b) => a - b);
  const bounds = usable.slice(0, maxLatencyBounds);
  if (bounds.length < wanted.length) {
    logger.warn('some latency buckets of the Configuration are not used', {
      wanted: wanted.length,
      used: bounds.length,
    });
  }
  return bounds.length === 0 ? defaultLatencyBoundsMs : bounds;
}

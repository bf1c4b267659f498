/** The constant-rate generator as a process of its own: options as JSON in the first argument, the result as JSON. */
import { systemClock } from '#shared/clock/clock.ts';
import { sendConstantRate } from './constant-rate.ts';
import { percentile } from './statistics.ts';

const { url, seconds } = JSON.parse(process.argv[2] ?? '{}') as { readonly url: string; readonly seconds: number };
const { latenciesMs, failures } = await sendConstantRate({
  url: new URL(url),
  requestsPerSecond: 1_000,
  connections: 16,
  bodyBytes: 1_024,
  warmUpMs: 2_000,
  durationMs: seconds * 1_000,
  clock: systemClock,
});
process.stdout.write(
  JSON.stringify({
    requests: latenciesMs.length,
    failures,
    p50Ms: percentile(latenciesMs, 0.5),
    p99Ms: percentile(latenciesMs, 0.99),
  }),
);

/** Time from the start of the process to the first healthz that says 204. */
import { systemClock } from '#shared/clock/clock.ts';
import { freePort } from '../../examples/run/free-port.ts';
import { startFarpoint } from './farpoint.ts';
import { waitUntilReady } from './wait-until.ts';

/** One reading per start, in milliseconds. */
export async function measureReadyTimes(options: {
  readonly resourcesPath: string;
  readonly starts: number;
}): Promise<readonly number[]> {
  const readings: number[] = [];
  for (let count = 0; count < options.starts; count += 1) {
    const [port, metricsPort] = [await freePort(), await freePort()];
    const startMs = systemClock.monotonicMs();
    const server = await startFarpoint({ port, metricsPort, resourcesPath: options.resourcesPath });
    try {
      await waitUntilReady(server, { port, path: '/v1.0/healthz', status: 204, everyMs: 2 });
      readings.push(systemClock.monotonicMs() - startMs);
    } finally {
      await server.end();
    }
  }
  return readings;
}

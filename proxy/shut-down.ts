/** Takes a proxy down without dropping what it is doing (spec/kubernetes.md §10). */
import type { ProxyContext } from './pipeline/proxy-context.ts';
import type { ApiListener } from './server/api-listener.ts';

export type ShutdownManner = 'graceful' | 'forced';

export interface ShutDownOptions {
  readonly context: ProxyContext;
  readonly listener: ApiListener;
}

/** A forced shutdown still lets its own 204 out. */
const forcedDelayMs = 100;
const healthPollMs = 100;

/**
 * Readiness first, then the time that `--dapr-block-shutdown-duration` keeps serving (less when the application turns
 * unhealthy), then no new connections while requests in flight finish. Resolves `forced` when they did not in time.
 */
export async function shutDown(manner: ShutdownManner, { context, listener }: ShutDownOptions): Promise<ShutdownManner> {
  const { settings, clock, readiness, logger, admission } = context;
  readiness.withdraw('running');
  logger.info('shutdown begins', { manner });
  const never = new AbortController().signal;
  if (manner === 'forced') {
    await clock.sleep(forcedDelayMs, never);
    listener.drain();
    listener.destroy();
    return 'forced';
  }
  await keepServing(context, never);
  listener.drain();
  const { gracePeriodMs } = settings.shutdown;
  const isOver = new AbortController();
  const finished = admission.idle().then((): ShutdownManner => 'graceful');
  const expired = clock.sleep(gracePeriodMs, isOver.signal).then((): ShutdownManner => 'forced');
  const outcome = await (gracePeriodMs === 0 ? finished : Promise.race([finished, expired]));
  isOver.abort();
  listener.destroy();
  if (outcome === 'forced') logger.warn('requests were cut at the end of the grace period', { gracePeriodMs });
  else logger.info('shutdown is complete');
  return outcome;
}

async function keepServing({ settings, clock, appHealth }: ProxyContext, never: AbortSignal): Promise<void> {
  const endsAtMs = clock.monotonicMs() + settings.shutdown.blockMs;
  while (clock.monotonicMs() < endsAtMs && appHealth?.isHealthy !== false) {
    await clock.sleep(Math.min(healthPollMs, endsAtMs - clock.monotonicMs()), never);
  }
}

/** Takes a proxy down without dropping what it is doing (spec/kubernetes.md §10). */
import type { ProxyContext } from './pipeline/proxy-context.ts';
import type { ApiListener } from './server/api-listener.ts';

export type ShutdownManner = 'graceful' | 'forced';

export interface ShutDownOptions {
  readonly context: ProxyContext;
  readonly listener: ApiListener;
  /** Aborts the context's signal. */
  readonly draining: AbortController;
  /** Aborted when there is no time for grace: from the beginning, or later. */
  readonly force: AbortSignal;
}

/** A forced shutdown still lets its own 204 out. */
const forcedDelayMs = 100;
const healthPollMs = 100;
/** For the last bytes of connections whose requests are done. */
const lingerMs = 500;

/**
 * Readiness first, then the time that `--dapr-block-shutdown-duration` keeps serving (less when the application turns
 * unhealthy), then no new connections while requests in flight finish. Resolves `forced` when they did not in time.
 */
export async function shutDown({ context, listener, draining, force }: ShutDownOptions): Promise<ShutdownManner> {
  const { settings, clock, readiness, logger } = context;
  readiness.withdraw('running');
  logger.info('shutdown begins', { manner: force.aborted ? 'forced' : 'graceful' });
  await keepServing(context, force);
  if (force.aborted) await clock.sleep(forcedDelayMs, never());
  draining.abort();
  listener.drain();
  const outcome = await finishRequests(context, force);
  if (outcome === 'graceful') await Promise.race([listener.closed(), clock.sleep(lingerMs, force)]);
  listener.destroy();
  if (outcome === 'graceful') logger.info('shutdown is complete');
  else if (force.aborted) logger.warn('requests were cut by a forced shutdown');
  else
    logger.warn('requests were cut at the end of the grace period', { gracePeriodMs: settings.shutdown.gracePeriodMs });
  return outcome;
}

async function keepServing({ settings, clock, appHealth }: ProxyContext, force: AbortSignal): Promise<void> {
  const endsAtMs = clock.monotonicMs() + settings.shutdown.blockMs;
  while (!force.aborted && clock.monotonicMs() < endsAtMs && appHealth?.isHealthy !== false) {
    await clock.sleep(Math.min(healthPollMs, endsAtMs - clock.monotonicMs()), force);
  }
}

async function finishRequests(
  { settings, clock, admission }: ProxyContext,
  force: AbortSignal,
): Promise<ShutdownManner> {
  if (force.aborted) return 'forced';
  const { gracePeriodMs } = settings.shutdown;
  const isOver = new AbortController();
  const limit = AbortSignal.any([force, isOver.signal]);
  const finished = admission.idle().then((): ShutdownManner => 'graceful');
  const cut = (gracePeriodMs === 0 ? aborted(limit) : clock.sleep(gracePeriodMs, limit)).then(
    (): ShutdownManner => 'forced',
  );
  const outcome = await Promise.race([finished, cut]);
  isOver.abort();
  return outcome;
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    signal.addEventListener('abort', () => resolve(), { once: true });
  });
}

function never(): AbortSignal {
  return new AbortController().signal;
}

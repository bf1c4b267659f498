/** Puts an operator together from its settings, starts it, and takes it down again. */
import type { Clock } from '#shared/clock/clock.ts';
import type { Logger } from '#shared/logger/logger.ts';
import type { OperatorSettings } from '#shared/settings/operator-settings.ts';
import type { AuthorityLifetimes } from './identity/authority-lifetimes.ts';
import { openKube, type OperatorKube } from './operator-kube.ts';
import { Operator } from './operator.ts';
import type { EndManner, RunningOperator } from './running-operator.ts';
import { OperatorMetrics } from './telemetry/operator-metrics.ts';
import { startTelemetryListener } from './telemetry/telemetry-listener.ts';

export interface StartOperatorOptions {
  readonly logger: Logger;
  readonly clock: Clock;
  readonly version: string;
  /** Instead of the API server that the settings name. */
  readonly kube?: OperatorKube;
  /** Instead of the defaults. */
  readonly lifetimes?: AuthorityLifetimes;
}

/** After the time that proxies are given; giving the Leases up takes two seconds at most. */
const overtimeMs = 5_000;

/**
 * Resolves when /healthz, /readyz and /metrics are served; the rest follows as soon as the API server answers. Rejects with
 * ConfigError, or with an Error of one clear sentence when that port cannot be had; nothing is left open then.
 */
export async function startOperator(
  settings: OperatorSettings,
  options: StartOperatorOptions,
): Promise<RunningOperator> {
  const { logger, clock, version, lifetimes } = options;
  const metrics = new OperatorMetrics({ version, now: new Date(clock.epochMs()) });
  const kube = options.kube ?? (await openKube(settings, { clock, logger, metrics: metrics.watches }));
  const operator = new Operator({ settings, kube, metrics, clock, logger, ...(lifetimes && { lifetimes }) });
  const listener = await startTelemetryListener({
    ...settings.metrics,
    missing: () => operator.missing(),
    renderMetrics: () => metrics.render(),
  });
  logger.info('operator starts', { metricsPort: listener.port, namespace: settings.namespace });
  operator.start();
  const ended = Promise.withResolvers<EndManner>();
  let isEnding = false;
  const end = (manner: EndManner): void => {
    if (isEnding) return;
    isEnding = true;
    const overtime = clock.after(settings.shutdownGraceMs + overtimeMs, () => {
      logger.error('shutdown takes too long and is cut off', { parts: operator.running });
      ended.resolve('forced');
    });
    operator
      .end()
      .then(() => listener.close())
      .then(
        () => ended.resolve(manner),
        (err: unknown) => {
          logger.error('shutdown failed', { err });
          ended.resolve('forced');
        },
      )
      .finally(() => overtime.cancel());
  };
  void operator.failed.then(() => end('forced'));
  return {
    get pushPort() {
      return operator.parts.push?.port ?? 0;
    },
    get webhookPort() {
      return operator.parts.webhooks?.port ?? 0;
    },
    metricsPort: listener.port,
    isReady: () => operator.missing().length === 0,
    isLeader: () => operator.isLeader(),
    missing: () => operator.missing(),
    shutdown: () => end('graceful'),
    ended: ended.promise,
  };
}

/** Puts together what the settings ask for: metrics (loaded only then), API logging, or neither. */
import type { PlainListener } from '#shared/listener/plain-listener.ts';
import type { Logger } from '#shared/logger/logger.ts';
import { defaultConfiguration } from '#shared/resources/configuration.ts';
import type { ProxySettings } from '#shared/settings/proxy-settings.ts';
import { accessLog } from './access-log.ts';
import type { LinkView } from './link-metrics.ts';
import type { Metrics } from './metrics.ts';
import type { ListMiddleware } from './middleware-metrics.ts';
import { noTelemetry } from './no-telemetry.ts';
import type { LiveBreaker, Telemetry } from './telemetry.ts';

export interface StartedTelemetry extends Telemetry {
  /** Adds the link to the control plane to the metrics. */
  showLink(link: LinkView): void;
  /** Adds the breakers to the metrics; asked at each scrape. */
  showBreakers(list: () => Iterable<LiveBreaker>): void;
  /** Adds the middleware of the pipelines to the metrics. */
  showMiddleware(list: ListMiddleware): void;
  /** Opens the metrics port; null when metrics are off. Rejects with one clear sentence. */
  listen(): Promise<PlainListener | null>;
}

/** Everything the request path reports to. */
export async function startTelemetry(settings: ProxySettings, logger: Logger): Promise<StartedTelemetry> {
  const logRequest = accessLog({ logger, enableApiLogging: settings.apiLogging });
  const metrics = settings.metrics.enabled ? await loadMetrics(settings, logger) : null;
  const sink: Telemetry = metrics ?? noTelemetry;
  let { apiLogging } = defaultConfiguration;
  return {
    callStarted: (target) => sink.callStarted(target),
    callEnded: (call) => sink.callEnded(call),
    appProbed: (probe) => sink.appProbed(probe),
    requestServed: (request) => {
      sink.requestServed(request);
      logRequest(request, apiLogging);
    },
    tableApplied: (table) => {
      ({ apiLogging } = table);
      sink.tableApplied(table);
    },
    policyPicked: (use) => sink.policyPicked(use),
    policyActivated: (use) => sink.policyActivated(use),
    retried: (target) => sink.retried(target),
    retryForgone: (target, reason) => sink.retryForgone(target, reason),
    showLink: (link) => metrics?.showLink(link),
    showMiddleware: (list) => metrics?.showMiddleware(list),
    showBreakers: (list) => metrics?.showBreakers(list),
    listen: async () => {
      if (metrics === null) return null;
      const { startMetricsListener } = await import('./metrics-listener.ts');
      return startMetricsListener({ address: settings.metrics.address, port: settings.metrics.port, metrics });
    },
  };
}

async function loadMetrics({ appId, namespace }: ProxySettings, logger: Logger): Promise<Metrics> {
  const { Metrics } = await import('./metrics.ts');
  return new Metrics({ appId, namespace, logger });
}

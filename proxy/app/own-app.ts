/** The application beside the proxy, as a target of calls. */
import type { Clock } from '#shared/clock/clock.ts';
import { ProxyError } from '#shared/errors/proxy-error.ts';
import type { Logger } from '#shared/logger/logger.ts';
import type { AppSettings, ProxySettings } from '#shared/settings/proxy-settings.ts';
import type { AppResolver } from '../target/router.ts';
import type { Telemetry } from '../telemetry/telemetry.ts';
import type { UpstreamFactory } from '../upstream/upstream-factory.ts';
import type { Upstream } from '../upstream/upstream.ts';
import { AppHealth } from './app-health.ts';
import type { AppAddress } from './wait-for-app.ts';

export interface OwnApp {
  /** Knows the own app id only; other apps come with name resolution. */
  readonly resolve: AppResolver;
  readonly health: AppHealth | null;
  /** Null without `--app-port`. */
  readonly address: AppAddress | null;
}

export interface OwnAppOptions {
  readonly settings: ProxySettings;
  readonly factory: UpstreamFactory;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly telemetry: Telemetry;
}

/** Throws ConfigError when the application's CA file cannot be used. */
export function createOwnApp({ settings, factory, clock, logger, telemetry }: OwnAppOptions): OwnApp {
  const { app } = settings;
  const upstream = app === null || !isHttpApp(app) ? null : factory.forApp(app);
  return {
    resolve: ({ appId, namespace }) => {
      if (appId !== settings.appId || namespace !== settings.namespace) return null;
      return upstream ?? refuse(app);
    },
    health:
      app === null || app.healthCheck === null || upstream === null
        ? null
        : new AppHealth({ check: app.healthCheck, pool: upstream.pool, clock, logger, telemetry }),
    address: app === null ? null : { host: app.channelAddress, port: app.port },
  };
}

type HttpApp = AppSettings & { readonly protocol: 'http' | 'https' | 'h2c' };

function isHttpApp(app: AppSettings): app is HttpApp {
  return app.protocol === 'http' || app.protocol === 'https' || app.protocol === 'h2c';
}

function refuse(app: AppSettings | null): Upstream {
  if (app === null) {
    throw new ProxyError(
      'app-not-configured',
      'cannot invoke local endpoint: app channel not initialized; start with --app-port',
    );
  }
  throw new ProxyError(
    'app-protocol-unsupported',
    `the application speaks ${app.protocol}; only http, https and h2c can be called`,
  );
}

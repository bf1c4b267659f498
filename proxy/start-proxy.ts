/** Puts a proxy together from its settings, starts it, and takes it down again. */
import { join } from 'node:path';
import type { Clock } from '#shared/clock/clock.ts';
import { ConfigError } from '#shared/errors/config-error.ts';
import { isAbsentAddress } from '#shared/listener/listen.ts';
import type { Logger } from '#shared/logger/logger.ts';
import { ByteBudget } from '#shared/memory/byte-budget.ts';
import type { ProxySettings } from '#shared/settings/proxy-settings.ts';
import type { EndpointTable } from '#shared/table/endpoint-table.ts';
import { Metadata } from './api/metadata.ts';
import { Readiness, type ReadinessTarget } from './api/readiness.ts';
import { createOwnApp, type OwnApp } from './app/own-app.ts';
import { waitForApp } from './app/wait-for-app.ts';
import { LivePipelines } from './middleware/live-pipelines.ts';
import { handleRequest } from './pipeline/handle-request.ts';
import { handleWebSocket } from './pipeline/handle-websocket.ts';
import { LogLimiter } from './pipeline/log-limiter.ts';
import type { ProxyContext } from './pipeline/proxy-context.ts';
import { createTokenCheck } from './policy/api-token.ts';
import { RequestAdmission } from './policy/request-admission.ts';
import { ResilienceBook } from './resilience/resilience-book.ts';
import { ApiListener } from './server/api-listener.ts';
import { OwnAddresses } from './server/own-addresses.ts';
import { startPublicListener } from './server/public-listener.ts';
import { shutDown, type ShutdownManner } from './shut-down.ts';
import { TableSwitch } from './table-switch.ts';
import { Router } from './target/router.ts';
import { UrlUpstreams } from './target/url-upstreams.ts';
import { startTelemetry, type StartedTelemetry } from './telemetry/start-telemetry.ts';
import { UpstreamFactory } from './upstream/upstream-factory.ts';

/** Of all request bodies together that middleware has read whole. */
const maxKeptBytes = 16 * 1024 * 1024;

export interface StartProxyOptions {
  readonly logger: Logger;
  readonly clock: Clock;
  /** As `/v1.0/metadata` tells it. */
  readonly version: string;
}

export interface RunningProxy {
  /** Null when the API listens on a socket file. */
  readonly apiPort: number | null;
  readonly publicPort: number | null;
  readonly metricsPort: number | null;
  /** Of the table in force. */
  tableRevision(): string;
  /** Begins the graceful shutdown; once begun, another call changes nothing. */
  shutdown(): void;
  /** Settles when everything is closed. `forced`: the grace period ran out, or the caller asked for it. */
  readonly ended: Promise<ShutdownManner>;
}

/**
 * Resolves when the API listens; standalone, the first table is in force by then, in a cluster it may be on its way still.
 * Rejects with ConfigError, or with an Error of one clear sentence when a port cannot be had; nothing is left open then.
 */
export async function startProxy(settings: ProxySettings, options: StartProxyOptions): Promise<RunningProxy> {
  const { logger, clock } = options;
  const stop = new AbortController();
  const ended = Promise.withResolvers<ShutdownManner>();
  const telemetry = await startTelemetry(settings, logger);
  const ownAddresses = new OwnAddresses();
  const factory = new UpstreamFactory({ settings, isOwnAddress: (remote) => ownAddresses.includes(remote) });
  const ownApp = createOwnApp({ settings, factory, clock, logger, telemetry });
  const router = new Router({
    appId: settings.appId,
    namespace: settings.namespace,
    factory,
    urlUpstreams: new UrlUpstreams(factory),
    urlCalls: settings.urlCalls,
    resolveApp: ownApp.resolve,
  });
  const resilience = new ResilienceBook({ namespace: settings.namespace, clock, logger, telemetry });
  telemetry.showBreakers(() => resilience.breakers());
  const draining = new AbortController();
  const readiness = new Readiness(['endpoints', 'listeners', 'app', 'running']);
  readiness.set('running');
  const context: ProxyContext = {
    settings,
    clock,
    logger,
    telemetry,
    router,
    guards: resilience,
    retryBuffer: {
      maxBytes: settings.retryBuffer.bytesPerCall,
      budget: new ByteBudget(settings.retryBuffer.bytesInAll),
    },
    pipelines: new LivePipelines({
      appId: settings.appId,
      namespace: settings.namespace,
      clock,
      logger,
      openPool: (origin, rootCa) => factory.openPool(origin, rootCa),
    }),
    keptBytes: new ByteBudget(maxKeptBytes),
    readiness,
    metadata: new Metadata(settings, { version: options.version }),
    admission: new RequestAdmission(settings.limits.maxRequestsInFlight),
    failureLog: new LogLimiter(logger, clock),
    isTokenValid: createTokenCheck(settings.apiToken),
    appHealth: ownApp.health,
    draining: draining.signal,
    requestShutdown: (manner) => beginShutdown(manner),
  };
  telemetry.showMiddleware(() => context.pipelines.states);
  const listener = createApiListener(context);
  let isEnding = false;
  const force = new AbortController();
  const closers: (() => void)[] = [];
  try {
    await startTables(context, { telemetry, resilience, version: options.version, signal: stop.signal });
    const metricsListener = await telemetry.listen();
    closers.push(() => void metricsListener?.close());
    const apiPort = await openApi(listener, context, ownAddresses);
    const publicListener = settings.listen.publicPort === null ? null : await startPublicListener(context);
    closers.push(() => publicListener?.close());
    setReady(context, 'listeners');
    logger.info('proxy listens', {
      port: apiPort,
      publicPort: publicListener?.port,
      metricsPort: metricsListener?.port,
    });
    void awaitApp(ownApp, context, stop.signal);
    return {
      apiPort,
      publicPort: publicListener?.port ?? null,
      metricsPort: metricsListener?.port ?? null,
      tableRevision: () => router.table?.revision ?? '',
      shutdown: () => beginShutdown('graceful'),
      ended: ended.promise,
    };
  } catch (error) {
    stop.abort();
    context.pipelines.close();
    listener.destroy();
    listener.drain();
    for (const close of closers) close();
    throw error;
  }

  function beginShutdown(manner: ShutdownManner): void {
    if (manner === 'forced') force.abort();
    if (isEnding) return;
    isEnding = true;
    const end = (outcome: ShutdownManner): void => {
      stop.abort();
      context.pipelines.close();
      for (const close of closers) close();
      ended.resolve(outcome);
    };
    shutDown({ context, listener, draining, force: force.signal }).then(end, (error: unknown) => {
      logger.error('shutdown failed', { err: error });
      end('forced');
    });
  }
}

function createApiListener(context: ProxyContext): ApiListener {
  const { limits, listen } = context.settings;
  return new ApiListener({
    ...limits,
    h2c: listen.h2c,
    clock: context.clock,
    onExchange: (exchange) => void handleRequest(exchange, context),
    onWebSocket: (request, socket, head) => void handleWebSocket({ request, socket, head }, context),
  });
}

interface TablesOptions {
  readonly telemetry: StartedTelemetry;
  readonly resilience: ResilienceBook;
  readonly version: string;
  readonly signal: AbortSignal;
}

/** Only what the mode needs is loaded. Tables are applied as they come, until the signal. */
async function startTables(context: ProxyContext, options: TablesOptions): Promise<void> {
  const { settings, logger, clock, router, pipelines } = context;
  const { controlPlane } = settings;
  const { telemetry, resilience, version, signal } = options;
  const first = Promise.withResolvers<void>();
  const tableSwitch = new TableSwitch({
    load: (table) => resilience.load(table),
    put: (table) => {
      pipelines.apply(table.pipelines);
      router.apply(table);
      resilience.apply(table);
      telemetry.tableApplied(table);
      setReady(context, 'endpoints');
      first.resolve();
    },
    onFailure: (error) => {
      logger.error('a table cannot be put in force, the one before stays', { err: error });
      first.reject(error);
    },
  });
  const logEnd = (error: unknown): void => {
    if (!signal.aborted) logger.error('tables are no longer read', { err: error });
  };
  if (controlPlane !== null) {
    const { ControlPlaneTables } = await import('./subscribe/control-plane-tables.ts');
    const apply = (table: EndpointTable): Promise<boolean> | null => tableSwitch.apply(table);
    const tables = new ControlPlaneTables({ settings, controlPlane, logger, clock, version, apply });
    telemetry.showLink(tables.link);
    first.promise.catch(() => undefined); // the operator may send a better one
    await tables.restore();
    await tableSwitch.settled();
    tables.run(signal).catch(logEnd);
    return;
  }
  const { FolderTables } = await import('./subscribe/folder-tables.ts');
  await new Promise<void>((resolve, reject) => {
    first.promise.then(resolve, reject);
    const apply = (table: EndpointTable): void => void tableSwitch.apply(table);
    new FolderTables({ settings, logger, clock, apply }).run(signal).catch((error: unknown) => {
      reject(error);
      // A mistake of the start is told by whoever starts the proxy.
      if (!(error instanceof ConfigError)) logEnd(error);
    });
  });
}

/**
 * Opens every address of the API. One that cannot be had is an error: a proxy half reachable helps nobody. Only `::1` may be
 * missing where there are others: a machine without IPv6 has none, and whoever sets a pod up does not know.
 */
async function openApi(
  listener: ApiListener,
  { settings, logger }: ProxyContext,
  own: OwnAddresses,
): Promise<number | null> {
  const { addresses, port, unixDomainSocketDir } = settings.listen;
  if (unixDomainSocketDir !== '') {
    return listener.listen({ kind: 'unix', path: join(unixDomainSocketDir, `dapr-${settings.appId}-http.socket`) });
  }
  let chosen = port;
  for (const address of addresses) {
    const host = address.replace(/^\[(.*)\]$/, '$1');
    const bound = await listener.listen({ kind: 'tcp', host, port: chosen }).catch((error: unknown) => {
      if (host !== '::1' || addresses.length === 1 || !isAbsentAddress(error)) throw error;
      logger.info('this machine has no IPv6, the API listens on its other addresses', { address });
      return null;
    });
    if (bound !== null) {
      chosen = bound;
      own.add({ address: host, port: bound });
    }
  }
  return chosen;
}

async function awaitApp(ownApp: OwnApp, context: ProxyContext, signal: AbortSignal): Promise<void> {
  const { clock, logger } = context;
  void ownApp.health?.run(signal);
  if (ownApp.address !== null) {
    logger.info('waiting for the application', { port: ownApp.address.port });
    if (!(await waitForApp(ownApp.address, clock, signal))) return;
  }
  setReady(context, 'app');
}

/** Says so when nothing is missing any more. */
function setReady({ readiness, logger }: ProxyContext, target: ReadinessTarget): void {
  const wasReady = readiness.isReady;
  readiness.set(target);
  if (!wasReady && readiness.isReady) logger.info('proxy is ready');
}

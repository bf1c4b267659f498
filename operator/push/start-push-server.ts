/** The server that proxies connect to for their tables, put together and started. */
import type { Duplex } from 'node:stream';
import type { Clock } from '#shared/clock/clock.ts';
import { listenOnPort } from '#shared/listener/listen.ts';
import type { Logger } from '#shared/logger/logger.ts';
import type { PeerResult } from '../identity/authenticator.ts';
import type { CertificateSource } from '../identity/certificate-source.ts';
import type { IdentityWatch } from '../identity/identity-watch.ts';
import type { Authenticate } from '../identity/proxy-identity.ts';
import type { ProxyAudience, TableBoard } from '../tables/audience-table.ts';
import { ByteBudget } from '#shared/memory/byte-budget.ts';
import { Connections } from '../listener/connections.ts';
import { Gate } from './gate.ts';
import { Openings } from './openings.ts';
import { PeerCountsLog } from './peer-counts-log.ts';
import { PodRates } from './pod-rates.ts';
import type { ProgrammedCounts } from './programmed-counts.ts';
import { createPushApp } from './push-app.ts';
import { createTlsListener, replaceCertificate, type TlsListenerOptions } from '../listener/tls-listener.ts';
import { defaultPushLimits, type PushLimits } from './push-limits.ts';
import { noPushMetrics, type PushMetrics } from './push-metrics.ts';
import { StrayAcknowledgements, type PodAcknowledgement } from './stray-acknowledgements.ts';
import { StreamHub } from './stream-hub.ts';

export interface PushServerOptions {
  readonly address: string;
  /** 0: any free one. */
  readonly port: number;
  readonly certificate: CertificateSource;
  readonly board: TableBoard;
  /** False: the tables are not known yet; streams are answered 503. */
  readonly isReady: () => boolean;
  readonly authenticate: Authenticate;
  readonly identityWatch: IdentityWatch;
  /** Whether a token is of another replica of the operator. */
  readonly peerResult: (bearerToken: string) => Promise<PeerResult>;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics?: PushMetrics;
  /** Instead of the defaults. */
  readonly limits?: Partial<PushLimits>;
}

export interface RunningPushServer {
  readonly port: number;
  readonly counts: ProgrammedCounts;
  /** Of the proxies that are connected, each once. */
  audiences(): Iterable<ProxyAudience>;
  /** Gives acknowledgements that came to other replicas to the streams here that they are for. */
  takeFromPeer(acknowledgements: readonly PodAcknowledgement[]): void;
  /** Accepts nothing new, asks the proxies to go elsewhere, and resolves when they have left or this time is over. */
  drain(withinMs: number): Promise<void>;
}

/** Resolves when it accepts connections. Rejects with an Error when it cannot listen or the certificate is not usable. */
export async function startPushServer(options: PushServerOptions): Promise<RunningPushServer> {
  const { address, port, certificate, clock, logger, identityWatch, metrics = noPushMetrics } = options;
  const limits = { ...defaultPushLimits, ...options.limits };
  const hub = new StreamHub({ board: options.board, clock, logger, metrics, limits });
  const strays = new StrayAcknowledgements(clock);
  const peerCounts = new PeerCountsLog({ tally: hub.tally, strays });
  const openings = new Openings();
  const connections = new Connections({
    maxStrangers: limits.maxStrangers,
    maxPerPod: limits.maxConnectionsPerPod,
    onRefused: () => metrics.connectionRefused('too-many'),
  });
  const gate = new Gate({
    authenticate: options.authenticate,
    peerResult: options.peerResult,
    connections,
    maxAuthentications: limits.maxAuthentications,
  });
  const app = createPushApp({
    hub,
    gate,
    openings,
    rates: {
      hellos: new PodRates({ clock, perSecond: 0.5, burst: 10, maxPods: limits.maxStreams }),
      acknowledgements: new PodRates({ clock, perSecond: 20, burst: 100, maxPods: limits.maxStreams }),
    },
    strays,
    peerCounts,
    bodies: { maxBytes: limits.maxBodyBytes, budget: new ByteBudget(limits.maxBodyBytesInAll) },
    requestTimeoutMs: limits.requestTimeoutMs,
    isReady: options.isReady,
    clock,
    metrics,
    logger,
  });
  const isStreaming = (socket: Duplex): boolean => hub.isStreaming(socket);
  const listening: TlsListenerOptions = {
    name: 'push',
    certificate,
    connections,
    limits: {
      ...limits,
      maxConnections: 2 * limits.maxStreams + limits.maxStrangers,
      probeAfterMs: limits.pingAfterMs,
    },
    onConnectionRefused: (reason) => metrics.connectionRefused(reason),
    logger,
    isStreaming,
  };
  const server = createTlsListener(app, listening);
  const boundPort = await listenOnPort(server, address, port);

  const ended = new AbortController();
  const stops = [
    peerCounts.follow(),
    certificate.onChanged(() => replaceCertificate(server, listening)),
    identityWatch.onEnded((podUid) => {
      openings.endPod(podUid);
      hub.endPod(podUid);
    }),
  ];
  const running = hub.run(ended.signal);
  return {
    port: boundPort,
    counts: hub.tally,
    audiences: () => hub.audiences(),
    takeFromPeer: (acknowledgements) => {
      for (const { podUid, acknowledgement } of acknowledgements) {
        const outcome = hub.acknowledge(podUid, acknowledgement);
        if (outcome !== 'unknown' && outcome !== 'foreign') metrics.acknowledged(outcome);
      }
    },
    drain: async (withinMs) => {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      await hub.drain(withinMs);
      for (const stop of stops) stop();
      ended.abort();
      server.closeAllConnections();
      await Promise.all([closed, running]);
    },
  };
}

/** The server that the API server asks about Pods and about objects of ours, put together and started. */
import type { Clock } from '#shared/clock/clock.ts';
import { listenOnPort } from '#shared/listener/listen.ts';
import type { Logger } from '#shared/logger/logger.ts';
import type { CertificateSource } from '../identity/certificate-source.ts';
import { Connections } from '../listener/connections.ts';
import { FairBudget } from '../listener/fair-budget.ts';
import { createTlsListener, replaceCertificate, type TlsListenerOptions } from '../listener/tls-listener.ts';
import type { AdmissionAnswer } from './admission-answer.ts';
import { createAdmissionApp } from './admission-app.ts';
import { defaultAdmissionLimits, type AdmissionLimits } from './admission-limits.ts';
import { noAdmissionMetrics, type AdmissionMetrics } from './admission-metrics.ts';
import type { AdmissionRequest } from './admission-review.ts';

export interface AdmissionServerOptions {
  readonly address: string;
  /** 0: any free one. */
  readonly port: number;
  readonly certificate: CertificateSource;
  readonly inject: (request: AdmissionRequest) => Promise<AdmissionAnswer>;
  readonly validate: (request: AdmissionRequest) => AdmissionAnswer;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics?: AdmissionMetrics;
  /** Instead of the defaults. */
  readonly limits?: Partial<AdmissionLimits>;
}

export interface RunningAdmissionServer {
  readonly port: number;
  /**
   * Answers on for as long as the API server may not have heard that others do, then accepts nothing new; resolves when everything
   * is answered or this time is over.
   */
  drain(withinMs: number): Promise<void>;
}

/** Resolves when it accepts connections. Rejects with an Error when it cannot listen or the certificate is not usable. */
export async function startAdmissionServer(options: AdmissionServerOptions): Promise<RunningAdmissionServer> {
  const { address, port, certificate, inject, validate, clock, logger, metrics = noAdmissionMetrics } = options;
  const limits = { ...defaultAdmissionLimits, ...options.limits };
  let isLeaving = false;
  const app = createAdmissionApp({
    inject,
    validate,
    bodies: { maxBytes: limits.maxBodyBytes, budget: new FairBudget(limits.maxBodyBytesInAll) },
    requestTimeoutMs: limits.requestTimeoutMs,
    isLeaving: () => isLeaving,
    clock,
    metrics,
    logger,
  });
  const listening: TlsListenerOptions = {
    name: 'webhooks',
    certificate,
    connections: new Connections({
      maxStrangers: limits.maxConnections,
      // Nobody authenticates.
      maxPerPod: 0,
      onRefused: () => metrics.connectionRefused('too-many'),
    }),
    // One more, so that the fairer of the two limits comes first.
    limits: { ...limits, maxConnections: limits.maxConnections + 1 },
    onConnectionRefused: (reason) => metrics.connectionRefused(reason),
    logger,
    isStreaming: () => false,
  };
  const server = createTlsListener(app, listening);
  const boundPort = await listenOnPort(server, address, port);
  const stopFollowing = certificate.onChanged(() => replaceCertificate(server, listening));
  return {
    port: boundPort,
    drain: async (withinMs) => {
      isLeaving = true;
      const leaveMs = Math.min(limits.leaveMs, withinMs / 2);
      await clock.sleep(leaveMs, new AbortController().signal);
      const cut = clock.after(withinMs - leaveMs, () => server.closeAllConnections());
      await new Promise<void>((resolve) => server.close(() => resolve()));
      cut.cancel();
      stopFollowing();
    },
  };
}

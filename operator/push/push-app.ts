/** The routes of the push server. */
import type { Express, Request, Response } from 'express';
import * as z from 'zod/mini';
import type { Clock } from '#shared/clock/clock.ts';
import type { Logger } from '#shared/logger/logger.ts';
import { acknowledgementsPath, jsonLinesType, tablesPath } from '#shared/push/push-channel.ts';
import { acknowledgementSchema, helloSchema } from '#shared/push/push-message.ts';
import { mistakesOf } from '#shared/table/wire-mistakes.ts';
import type { Gate } from './gate.ts';
import type { HeldBytesOptions } from '#shared/memory/held-bytes.ts';
import type { Openings } from './openings.ts';
import { peerCountsPath } from './peer-counts-message.ts';
import type { PeerCountsLog } from './peer-counts-log.ts';
import type { PodRates } from './pod-rates.ts';
import type { PushMetrics } from './push-metrics.ts';
import { readJsonBody } from '../listener/read-json-body.ts';
import { isRefusal, refusal, type Refusal } from '../listener/refusal.ts';
import { createRefusingApp } from '../listener/refusing-app.ts';
import { readStreamAcknowledgements } from './read-stream-acknowledgements.ts';
import type { StrayAcknowledgements } from './stray-acknowledgements.ts';
import type { StreamHub } from './stream-hub.ts';

export interface PushAppOptions {
  readonly hub: StreamHub;
  readonly gate: Gate;
  readonly openings: Openings;
  readonly rates: { readonly hellos: PodRates; readonly acknowledgements: PodRates };
  readonly strays: StrayAcknowledgements;
  readonly peerCounts: PeerCountsLog;
  readonly bodies: HeldBytesOptions;
  readonly requestTimeoutMs: number;
  /** False: the tables are not known yet, and nothing may be said about them. */
  readonly isReady: () => boolean;
  readonly clock: Clock;
  readonly metrics: PushMetrics;
  readonly logger: Logger;
}

/** Makes the app. It owns nothing that needs an end. */
export function createPushApp(options: PushAppOptions): Express {
  const { hub, requestTimeoutMs, clock, metrics, logger } = options;
  return createRefusingApp({
    name: 'push',
    routes: [
      { method: 'POST', path: tablesPath, step: (request, response) => watch(options, request, response) },
      {
        method: 'POST',
        path: acknowledgementsPath,
        step: (request, response) => acknowledge(options, request, response),
      },
      { method: 'GET', path: peerCountsPath, step: (request, response) => countsForPeer(options, request, response) },
    ],
    requestTimeoutMs,
    isStreaming: (socket) => hub.isStreaming(socket),
    onRefused: (code) => metrics.requestRefused(code),
    clock,
    logger,
  });
}

async function watch(options: PushAppOptions, request: Request, response: Response): Promise<Refusal | null> {
  const { hub, gate, openings, rates, bodies, clock } = options;
  const identity = await gate.proxy(request);
  if (isRefusal(identity)) return identity;
  const refused = refusalNow(options);
  if (refused !== null) return refused;
  if (!rates.hellos.take(identity.podUid))
    return refusal('too-many-requests', 'the pod opens streams too often', 2_000 + Math.random() * 3_000);
  const opening = openings.begin(identity.podUid);
  try {
    const isTwoWay = request.is(jsonLinesType) === jsonLinesType;
    const body = await readJsonBody(request, bodies, isTwoWay ? 'first-line' : 'whole');
    if (isRefusal(body)) return body;
    const hello = z.safeParse(helloSchema, withDefaults(body.value));
    if (!hello.success)
      return refusal('bad-request', `the Hello is not as it should be: ${mistakesOf(hello.error.issues)}`);
    if (opening.isEnded || identity.expiresAtMs <= clock.epochMs())
      return refusal('unauthenticated', 'the pod or its token ended meanwhile');
    // Behind another answer on its connection (pipelining) nobody may ever read it, and nobody would hear of its end.
    if (response.socket === null) return refusal('bad-request', 'open a stream on a connection of its own');
    // Others may have come while the body did.
    const refusedNow = refusalNow(options);
    if (refusedNow !== null) return refusedNow;
    const id = hub.open(identity, new Map(Object.entries(hello.data.revisionsByName)), response);
    gate.streamOpened(identity, request, response);
    if (isTwoWay) readStreamAcknowledgements({ request, response, id, podUid: identity.podUid }, options);
    return null;
  } finally {
    openings.finish(opening);
  }
}

function refusalNow({ hub, isReady }: PushAppOptions): Refusal | null {
  if (!isReady()) return refusal('not-ready', 'the operator has not read the cluster yet', 1_000);
  return hub.refusalNow();
}

/** `{}` holds nothing, so that people can read a stream with curl. */
function withDefaults(hello: unknown): unknown {
  if (typeof hello !== 'object' || hello === null || Array.isArray(hello)) return hello;
  return { revision: '', revisionsByName: {}, version: '', ...hello };
}

async function acknowledge(options: PushAppOptions, request: Request, response: Response): Promise<Refusal | null> {
  const { hub, gate, rates, bodies, strays, metrics } = options;
  const identity = await gate.acknowledger(request);
  if (isRefusal(identity)) return identity;
  if (!rates.acknowledgements.take(identity.podUid))
    return refusal('too-many-requests', 'the pod acknowledges too often', 1_000);
  const body = await readJsonBody(request, bodies);
  if (isRefusal(body)) return body;
  const acknowledgement = z.safeParse(acknowledgementSchema, body.value);
  if (!acknowledgement.success)
    return refusal(
      'bad-request',
      `the Acknowledgement is not as it should be: ${mistakesOf(acknowledgement.error.issues)}`,
    );
  const outcome = hub.acknowledge(identity.podUid, acknowledgement.data);
  if (outcome === 'foreign') return refusal('forbidden', 'the stream is of another pod');
  if (outcome === 'unknown') strays.keep(identity.podUid, acknowledgement.data);
  metrics.acknowledged(outcome === 'unknown' ? 'stray' : outcome);
  response.writeHead(204).end();
  return null;
}

async function countsForPeer(options: PushAppOptions, request: Request, response: Response): Promise<Refusal | null> {
  const refused = await options.gate.peer(request);
  if (refused !== null) return refused;
  const { after } = request.query;
  const message = options.peerCounts.messageAfter(typeof after === 'string' ? after : '');
  response.setHeader('Cache-Control', 'no-store');
  response.json(message);
  return null;
}

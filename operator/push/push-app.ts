/** The routes of the push server. Every step may end in a refusal, and one place answers with it. */
import express, { type Express, type NextFunction, type Request, type Response } from 'express';
import * as z from 'zod/mini';
import type { Clock } from '#shared/clock/clock.ts';
import type { Logger } from '#shared/logger/logger.ts';
import { acknowledgementsPath, jsonLinesType, tablesPath } from '#shared/push/push-channel.ts';
import { acknowledgementSchema, helloSchema } from '#shared/push/push-message.ts';
import { mistakesOf } from '#shared/table/wire-mistakes.ts';
import type { Gate } from './gate.ts';
import type { HeldBytesOptions } from './held-bytes.ts';
import type { Openings } from './openings.ts';
import { peerCountsPath } from './peer-counts-message.ts';
import type { PeerCountsLog } from './peer-counts-log.ts';
import type { PodRates } from './pod-rates.ts';
import type { PushMetrics } from './push-metrics.ts';
import { readJsonBody } from './read-json-body.ts';
import { isRefusal, refusal, sendRefusal, type Refusal } from './refusal.ts';
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

type Step = (request: Request, response: Response) => Refusal | null | Promise<Refusal | null>;

/** Makes the app. It owns nothing that needs an end. */
export function createPushApp(options: PushAppOptions): Express {
  const { hub, requestTimeoutMs, clock, metrics, logger } = options;
  const app = express();
  app.disable('x-powered-by');
  app.disable('etag');
  app.set('case sensitive routing', true);
  app.set('strict routing', true);
  app.use((request, response, next) => {
    // No answer can come while the stream goes on.
    if (hub.isStreaming(request.socket)) return void request.socket.destroy();
    const timer = clock.after(requestTimeoutMs, () => timeOut(request, response));
    request.once('close', () => timer.cancel());
    next();
  });
  app.post(
    tablesPath,
    answer((request, response) => watch(options, request, response)),
  );
  app.post(
    acknowledgementsPath,
    answer((request, response) => acknowledge(options, request, response)),
  );
  app.get(
    peerCountsPath,
    answer((request, response) => countsForPeer(options, request, response)),
  );
  app.all([tablesPath, acknowledgementsPath], answer(wrongMethod('POST')));
  app.all(peerCountsPath, answer(wrongMethod('GET')));
  app.use(answer(() => refusal('not-found', 'there is nothing here')));
  // oxlint-disable-next-line max-params -- express tells error handlers by their four parameters.
  app.use((error: unknown, _request: Request, response: Response, _next: NextFunction) => {
    // Express refuses what it cannot decode, such as a broken escape in the path.
    const isBadRequest = error instanceof URIError;
    if (!isBadRequest) logger.error('a request to the push server failed', { err: error });
    refuse(
      response,
      isBadRequest ? refusal('bad-request', 'the path is broken') : refusal('internal', 'internal error'),
    );
  });
  return app;

  function answer(step: Step): (request: Request, response: Response) => Promise<void> {
    return async (request, response) => {
      const refused = await step(request, response);
      if (refused !== null) refuse(response, refused);
    };
  }

  function timeOut(request: Request, response: Response): void {
    if (request.complete || hub.isStreaming(request.socket)) return;
    // It was answered already, or comes behind another that was not.
    if (response.headersSent || response.socket === null) request.socket.destroy();
    else refuse(response, refusal('body-timeout', 'the body did not come to its end in time'));
  }

  function refuse(response: Response, refused: Refusal): void {
    if (response.writableEnded) return; // in time
    // Its body is read away, so that the answer can be read.
    response.req.resume();
    metrics.requestRefused(refused.code);
    sendRefusal(response, refused);
  }
}

function wrongMethod(allowed: string): Step {
  return (_request, response) => {
    response.setHeader('Allow', allowed);
    return refusal('method-not-allowed', `use ${allowed}`);
  };
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

/** The routes of the webhooks: one review in, one out. */
import type { Express, Request, Response } from 'express';
import type { Clock } from '#shared/clock/clock.ts';
import type { Logger } from '#shared/logger/logger.ts';
import { parseJson } from '../kube/parse-json.ts';
import type { FairBudget } from '../listener/fair-budget.ts';
import { readJsonBody, type JsonBodyOptions } from '../listener/read-json-body.ts';
import { isRefusal, refusal, type Refusal } from '../listener/refusal.ts';
import { createRefusingApp, type Step } from '../listener/refusing-app.ts';
import { reviewFrom, type AdmissionAnswer } from './admission-answer.ts';
import type { AdmissionMetrics } from './admission-metrics.ts';
import { readAdmissionReview, type AdmissionRequest } from './admission-review.ts';

export interface AdmissionAppOptions {
  readonly inject: (request: AdmissionRequest) => Promise<AdmissionAnswer>;
  readonly validate: (request: AdmissionRequest) => AdmissionAnswer;
  readonly bodies: { readonly maxBytes: number; readonly budget: FairBudget };
  readonly requestTimeoutMs: number;
  /** The connection is not to be used again. */
  readonly isLeaving: () => boolean;
  readonly clock: Clock;
  readonly metrics: AdmissionMetrics;
  readonly logger: Logger;
}

const json = 'application/json';

/** Makes the app. It owns nothing that needs an end. */
export function createAdmissionApp(options: AdmissionAppOptions): Express {
  const { inject, validate, bodies, requestTimeoutMs, isLeaving, clock, metrics, logger } = options;
  return createRefusingApp({
    name: 'webhooks',
    routes: [
      { method: 'POST', path: '/inject', step: answering(inject, JSON.parse) },
      // Numbers keep their digits: what an HTTPEndpoint holds may be an account or a token.
      {
        method: 'POST',
        path: '/validate',
        step: answering((request) => Promise.resolve(validate(request)), parseJson),
      },
    ],
    requestTimeoutMs,
    isStreaming: () => false,
    onRefused: (code) => metrics.reviewRefused(code),
    clock,
    logger,
  });

  function answering(
    answer: (request: AdmissionRequest) => Promise<AdmissionAnswer>,
    parse: (text: string) => unknown,
  ): Step {
    return async (request, response) => {
      const budget = bodies.budget.of(request.socket.remoteAddress ?? '');
      if (isLeaving()) response.setHeader('Connection', 'close');
      const asked = await readReview(request, { maxBytes: bodies.maxBytes, budget, parse });
      if (isRefusal(asked)) return asked;
      send(response, reviewFrom(asked.uid, await answer(asked)));
      return null;
    };
  }
}

async function readReview(request: Request, limits: JsonBodyOptions): Promise<AdmissionRequest | Refusal> {
  if (request.is(json) !== json) return refusal('type-unsupported', `send the review as ${json}`);
  const body = await readJsonBody(request, limits);
  if (isRefusal(body)) return body;
  const review = readAdmissionReview(body.value);
  if (review.request !== null) return review.request;
  return refusal('bad-request', `the AdmissionReview is not as it should be: ${review.mistake}`);
}

function send(response: Response, review: object): void {
  if (response.headersSent) return; // too late
  response.setHeader('Cache-Control', 'no-store');
  response.json(review);
}

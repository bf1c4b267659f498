/** An express app whose steps may each end in a refusal. One place answers with it, and nothing takes longer than it may. */
import express, { type Express, type NextFunction, type Request, type Response } from 'express';
import type { Duplex } from 'node:stream';
import type { Clock } from '#shared/clock/clock.ts';
import type { Logger } from '#shared/logger/logger.ts';
import { refusal, sendRefusal, type Refusal, type RefusalCode } from './refusal.ts';

/** Serves a request. `null`: it is answered, or will be. */
export type Step = (request: Request, response: Response) => Refusal | null | Promise<Refusal | null>;

export interface Route {
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly step: Step;
}

export interface RefusingAppOptions {
  /** For logs. */
  readonly name: string;
  readonly routes: readonly Route[];
  /** From the header of a request to the end of its body. */
  readonly requestTimeoutMs: number;
  /** Whether an answer without end goes over this connection. */
  readonly isStreaming: (socket: Duplex) => boolean;
  readonly onRefused: (code: RefusalCode) => void;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Makes the app. It owns nothing that needs an end. */
export function createRefusingApp(options: RefusingAppOptions): Express {
  const { name, routes, requestTimeoutMs, isStreaming, onRefused, clock, logger } = options;
  const app = express();
  app.disable('x-powered-by');
  app.disable('etag');
  app.set('case sensitive routing', true);
  app.set('strict routing', true);
  app.use((request, response, next) => {
    // No answer can come while the stream goes on.
    if (isStreaming(request.socket)) return void request.socket.destroy();
    const timer = clock.after(requestTimeoutMs, () => timeOut(request, response));
    request.once('close', () => timer.cancel());
    next();
  });
  for (const { method, path, step } of routes) {
    if (method === 'GET') app.get(path, answer(step));
    else app.post(path, answer(step));
    app.all(path, answer(wrongMethod(method)));
  }
  app.use(answer(() => refusal('not-found', 'there is nothing here')));
  // oxlint-disable-next-line max-params -- express tells error handlers by their four parameters.
  app.use((error: unknown, _request: Request, response: Response, _next: NextFunction) => {
    // Express refuses what it cannot decode, such as a broken escape in the path.
    const isBadRequest = error instanceof URIError;
    if (!isBadRequest) logger.error('a request failed', { server: name, err: error });
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
    if (request.complete || isStreaming(request.socket)) return;
    // It was answered already, or comes behind another that was not.
    if (response.headersSent || response.socket === null) request.socket.destroy();
    else refuse(response, refusal('body-timeout', 'the body did not come to its end in time'));
  }

  function refuse(response: Response, refused: Refusal): void {
    if (response.writableEnded) return; // in time
    // Its body is read away, so that the answer can be read.
    response.req.resume();
    onRefused(refused.code);
    sendRefusal(response, refused);
  }
}

function wrongMethod(allowed: Route['method']): Step {
  return (_request, response) => {
    response.setHeader('Allow', allowed);
    return refusal('method-not-allowed', `use ${allowed}`);
  };
}

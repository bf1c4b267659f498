/** Sends one call to an upstream and streams the answer back, with backpressure both ways. Collects nothing. */
import { AnswerHandler, type AnsweredCall, type CallResult } from './answer-handler.ts';
import type { ConnectionPool } from './connection-pool.ts';
import { requestTrailers } from './request-headers.ts';
import type { RequestTrailers, UpstreamRequest } from './upstream-request.ts';

export interface Call extends AnsweredCall {
  readonly pool: ConnectionPool;
  /** In origin form. */
  readonly path: string;
  /** Names and values in turn. */
  readonly headers: string[];
}

/** Resolves when the answer is out or the call has failed; never rejects. The caller decides what a failure becomes. */
export function forward(call: Call): Promise<CallResult> {
  return new Promise((resolve) => {
    const handler = new AnswerHandler(call, resolve);
    const { exchange, pool, path, headers, body } = call;
    const trailers = body === null ? null : trailersOf(call);
    // The caller may fail while the body of a later try waits for its connection, and nobody else listens.
    if (call.gate !== null) body?.on('error', (error) => handler.abort(error));
    const request: UpstreamRequest = { path, method: exchange.request.method ?? 'GET', headers, body, trailers };
    try {
      pool.dispatch(request, handler);
    } catch (error) {
      handler.fail(error);
    }
  });
}

function trailersOf({ exchange }: Call): RequestTrailers | null {
  const announced = exchange.header('trailer') ?? '';
  if (announced === '' && exchange.request.httpVersionMajor === 1) return null;
  const connection = exchange.header('connection');
  return { announced, fields: () => requestTrailers(exchange.request.rawTrailers, connection) };
}

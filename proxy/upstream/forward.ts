/** Sends one call to an upstream and streams the answer back, with backpressure both ways. Collects nothing. */
import type { Dispatcher } from 'undici';
import { AnswerHandler, type AnsweredCall, type CallResult } from './answer-handler.ts';
import type { ConnectionPool } from './connection-pool.ts';

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
    const options: Dispatcher.DispatchOptions = { path, method: exchange.request.method ?? 'GET', headers, body };
    try {
      pool.dispatch(options, handler);
    } catch (error) {
      handler.fail(error);
    }
  });
}


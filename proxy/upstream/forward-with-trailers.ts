/** A call whose body ends with trailer fields: undici cannot send those, node:http can. Rare, so without kept connections. */
import { request, type ClientRequest, type IncomingMessage } from 'node:http';
import type { Dispatcher } from 'undici';
import { AnswerHandler, type CallResult } from './answer-handler.ts';
import type { Call } from './forward.ts';
import { PoolAgent } from './pool-agent.ts';

/** As `forward`, with the caller's trailers after the body. */
export function forwardWithTrailers(call: Call): Promise<CallResult> {
  return new Promise((resolve) => {
    const handler = new AnswerHandler(call, resolve);
    const { exchange, pool, path, headers, body } = call;
    const announced = exchange.header('trailer') ?? '';
    const outgoing = request({
      agent: new PoolAgent(pool),
      method: exchange.request.method ?? 'POST',
      path,
      headers: ['Host', new URL(pool.origin).host, ...headers, 'Trailer', announced, 'Transfer-Encoding', 'chunked'],
    });
    const controller = controllerOf(outgoing);
    outgoing.on('error', (error) => handler.onResponseError(controller, error));
    outgoing.on('information', (information) => {
      handler.onResponseStart(Object.assign(controller, { rawHeaders: information.rawHeaders }), information.statusCode, {});
    });
    outgoing.on('response', (response) => passAnswer(response, controller, handler));
    handler.onRequestStart(controller);
    body?.on('data', (chunk: Buffer) => {
      if (!outgoing.write(chunk)) body.pause();
    });
    outgoing.on('drain', () => body?.resume());
    body?.on('error', (error) => outgoing.destroy(error));
    body?.on('end', () => {
      outgoing.addTrailers(pairsOf(exchange.request.rawTrailers));
      outgoing.end();
    });
  });
}

type Controller = Dispatcher.DispatchController & { response: IncomingMessage | null };

function controllerOf(outgoing: ClientRequest): Controller {
  return {
    response: null,
    aborted: false,
    paused: false,
    reason: null,
    abort: (reason: Error) => outgoing.destroy(reason),
    pause(): void {
      this.response?.pause();
    },
    resume(): void {
      this.response?.resume();
    },
  };
}

function passAnswer(response: IncomingMessage, controller: Controller, handler: AnswerHandler): void {
  controller.response = response;
  try {
    const started = Object.assign(controller, { rawHeaders: response.rawHeaders });
    handler.onResponseStart(started, response.statusCode ?? 0, {}, response.statusMessage);
  } catch (error) {
    handler.fail(error);
    response.destroy();
    return;
  }
  response.on('data', (chunk: Buffer) => handler.onResponseData(controller, chunk));
  response.on('error', (error) => handler.onResponseError(controller, error));
  response.on('end', () => handler.onResponseEnd(Object.assign(controller, { rawTrailers: response.rawTrailers }), {}));
}

function pairsOf(flat: readonly string[]): [string, string][] {
  const pairs: [string, string][] = [];
  for (let index = 0; index + 1 < flat.length; index += 2) pairs.push([flat[index] ?? '', flat[index + 1] ?? '']);
  return pairs;
}

/** A call whose body ends with trailer fields: undici cannot send those, node:http can. Rare, so without kept connections. */
import { request } from 'node:http';
import type { Dispatcher } from 'undici';
import type { ConnectionPool } from './connection-pool.ts';
import { fieldPairs } from './field-pairs.ts';
import { controllerOf, passNodeAnswer } from './pass-node-answer.ts';
import { PoolAgent } from './pool-agent.ts';
import type { UpstreamRequest } from './upstream-request.ts';

/** Sends one request over HTTP/1.1 and the trailers after its body. */
export function sendWithTrailers(
  { method, path, headers, body, trailers }: UpstreamRequest,
  handler: Dispatcher.DispatchHandler,
  pool: ConnectionPool,
): void {
  const fixed = [
    'Host',
    new URL(pool.origin).host,
    'Trailer',
    trailers?.announced ?? '',
    'Transfer-Encoding',
    'chunked',
  ];
  const outgoing = request({
    agent: new PoolAgent(pool),
    method,
    path,
    headers: [...fixed, ...withoutLength(headers)],
  });
  const controller = controllerOf(outgoing);
  outgoing.on('error', (error) => handler.onResponseError?.(controller, error));
  outgoing.on('information', (information) => {
    handler.onResponseStart?.(
      Object.assign(controller, { rawHeaders: information.rawHeaders }),
      information.statusCode,
      {},
    );
  });
  outgoing.on('response', (response) => passNodeAnswer(response, controller, handler));
  handler.onRequestStart?.(controller, undefined);
  body?.on('data', (chunk: Buffer) => {
    if (!outgoing.write(chunk)) body.pause();
  });
  outgoing.on('drain', () => body?.resume());
  body?.on('error', (error) => outgoing.destroy(error));
  body?.on('end', () => {
    outgoing.addTrailers(fieldPairs(trailers?.fields() ?? []));
    outgoing.end();
  });
}

/** A length and chunks together would be two answers to where the body ends (RFC 9112 §6.3); HTTP/2 callers may state one. */
function withoutLength(headers: readonly string[]): string[] {
  return fieldPairs(headers)
    .filter(([name]) => name.toLowerCase() !== 'content-length')
    .flat();
}

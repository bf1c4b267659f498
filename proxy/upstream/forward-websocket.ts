/** Carries a WebSocket through: the handshake with the call's own headers, then bytes both ways. */
import type { ClientRequest, IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { createProxyServer } from 'http-proxy';
import type { Clock } from '#shared/clock/clock.ts';
import { ProxyError } from '#shared/errors/proxy-error.ts';
import type { Exchange } from '../pipeline/exchange.ts';
import { AnswerHandler, type HeadDeadline } from './answer-handler.ts';
import { classifyError } from './classify-error.ts';
import type { ConnectionPool } from './connection-pool.ts';
import { controllerOf, passNodeAnswer } from './pass-node-answer.ts';
import { PoolAgent } from './pool-agent.ts';

export interface WebSocketCall {
  readonly exchange: Exchange;
  readonly request: IncomingMessage;
  readonly socket: Socket;
  readonly head: Buffer;
  readonly pool: ConnectionPool;
  /** In origin form. */
  readonly path: string;
  /** Names and values in turn. */
  readonly headers: readonly string[];
  readonly clock: Clock;
  readonly deadline: HeadDeadline | null;
  /** Called when the upstream agrees, before the caller hears of it. */
  readonly onOpen: () => void;
}

export interface WebSocketResult {
  /** 101, or what the upstream answered instead; 0 when it did not. */
  readonly status: number;
  readonly error: ProxyError | null;
}

/** Resolves when the connection is over or could not be made; never rejects. Answers nothing itself on failure. */
export function forwardWebSocket(call: WebSocketCall): Promise<WebSocketResult> {
  return new Promise((resolve) => {
    const { exchange, request, socket, head, pool } = call;
    // Its end has been told, and will not be told again.
    if (exchange.response.isClosed) return resolve({ status: 0, error: callerLeft() });
    const proxy = createProxyServer();
    proxy.on('error', () => socket.destroy());
    proxy.on('proxyReqWs', (outgoing) => {
      writeHandshake(outgoing, call);
      watchAnswer(outgoing, call, resolve);
    });
    // TLS, tunnels and the guard against loops are the connector's; to http-proxy every connection is a plain one.
    const target = { protocol: 'http:', host: new URL(pool.origin).hostname, port: 80 };
    proxy.ws(request, socket, head, { target, agent: new PoolAgent(pool) }, () => socket.destroy());
  });
}

function writeHandshake(outgoing: ClientRequest, { path, headers, pool }: WebSocketCall): void {
  outgoing.path = path;
  for (const name of outgoing.getRawHeaderNames()) outgoing.removeHeader(name);
  outgoing.setHeader('Host', new URL(pool.origin).host);
  for (let index = 0; index + 1 < headers.length; index += 2) {
    outgoing.appendHeader(headers[index] ?? '', headers[index + 1] ?? '');
  }
  outgoing.setHeader('Connection', 'Upgrade');
  outgoing.setHeader('Upgrade', 'websocket');
}

function watchAnswer(outgoing: ClientRequest, call: WebSocketCall, settle: (result: WebSocketResult) => void): void {
  const { exchange, socket, clock, deadline } = call;
  let isOpen = false;
  const silence = deadline === null ? null : clock.after(deadline.afterMs, () => outgoing.destroy(deadline.error()));
  socket.once('close', () => {
    silence?.cancel();
    if (isOpen) settle({ status: 101, error: null });
    else outgoing.destroy(callerLeft());
  });
  // Before http-proxy's own listener writes to the caller.
  outgoing.prependListener('upgrade', (response: IncomingMessage) => {
    silence?.cancel();
    isOpen = true;
    response.headers = headersAsWritten([...response.rawHeaders, ...exchange.addedHeaders]);
    call.onOpen();
  });
  // http-proxy adds its own listeners in this very turn. Its ways to pass a refusal on (no backpressure, no end when the
  // upstream breaks off) and to end a failed handshake (without an answer) are replaced by those of any other call.
  process.nextTick(() => {
    outgoing.removeAllListeners('response').removeAllListeners('error');
    outgoing.on('error', (error) => settle({ status: 0, error: classifyError(error) }));
    outgoing.on('response', (response) => {
      silence?.cancel();
      const handler = new AnswerHandler({ exchange, body: null, clock, gate: null }, ({ status, error }) =>
        settle({ status, error }),
      );
      passNodeAnswer(response, controllerOf(outgoing), handler);
    });
  });
}

/** The form that http-proxy writes its 101 from, with the names as the upstream wrote them. */
function headersAsWritten(rawHeaders: readonly string[]): Record<string, string[]> {
  const valuesByName = new Map<string, string[]>();
  for (let index = 0; index + 1 < rawHeaders.length; index += 2) {
    const name = rawHeaders[index] ?? '';
    const value = rawHeaders[index + 1] ?? '';
    const present = valuesByName.get(name);
    if (present === undefined) valuesByName.set(name, [value]);
    else present.push(value);
  }
  return Object.fromEntries(valuesByName);
}

function callerLeft(): ProxyError {
  return new ProxyError('caller-left', 'the caller left before the handshake was complete');
}

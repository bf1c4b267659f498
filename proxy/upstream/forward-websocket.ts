/** Carries a WebSocket through: the handshake with the call's own headers, then bytes both ways. */
import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { createProxyServer } from 'http-proxy';
import { ProxyError } from '#shared/errors/proxy-error.ts';
import { classifyError } from './classify-error.ts';
import type { ConnectionPool } from './connection-pool.ts';
import { PoolAgent } from './pool-agent.ts';

export interface WebSocketCall {
  readonly request: IncomingMessage;
  readonly socket: Socket;
  readonly head: Buffer;
  readonly pool: ConnectionPool;
  /** In origin form. */
  readonly path: string;
  /** Names and values in turn. */
  readonly headers: readonly string[];
  /** Called when the upstream's answer, whatever it is, begins to go to the caller. */
  readonly onAnswer: (status: number) => void;
}

export interface WebSocketResult {
  /** 101, or what the upstream answered instead; 0 when it did not. */
  readonly status: number;
  readonly error: ProxyError | null;
}

/** Resolves when the connection is over or could not be made; never rejects. Answers nothing itself on failure. */
export function forwardWebSocket(call: WebSocketCall): Promise<WebSocketResult> {
  return new Promise((resolve) => {
    const { request, socket, pool } = call;
    const url = new URL(pool.origin);
    let status = 0;
    const answer = (begun: number): void => {
      status = begun;
      call.onAnswer(begun);
    };
    const proxy = createProxyServer();
    proxy.on('error', () => socket.destroy());
    proxy.on('proxyReqWs', (outgoing) => {
      outgoing.path = call.path;
      for (const name of outgoing.getRawHeaderNames()) outgoing.removeHeader(name);
      outgoing.setHeader('Host', url.host);
      for (let index = 0; index + 1 < call.headers.length; index += 2) {
        outgoing.appendHeader(call.headers[index] ?? '', call.headers[index + 1] ?? '');
      }
      outgoing.setHeader('Connection', 'Upgrade');
      outgoing.setHeader('Upgrade', 'websocket');
      // Before http-proxy's own listeners write anything to the caller.
      outgoing.prependListener('upgrade', () => answer(101));
      outgoing.prependListener('response', (response) => answer(response.statusCode ?? 0));
    });
    socket.once('close', () => resolve({ status, error: null }));
    // TLS, tunnels and the guard against loops are the connector's; to http-proxy every connection is a plain one.
    proxy.ws(
      request,
      socket,
      call.head,
      { target: { protocol: 'http:', host: url.hostname, port: 80 }, agent: new PoolAgent(pool) },
      (error) => {
        if (status === 0) resolve({ status, error: classifyError(error) });
        else socket.destroy();
      },
    );
  });
}

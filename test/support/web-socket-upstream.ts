/** A WebSocket server of the `ws` package that remembers its handshakes, and a client of it through a proxy. */
import type { IncomingMessage, Server } from 'node:http';
import { createServer } from 'node:http';
import { onTestFinished } from 'vitest';
import { WebSocket, WebSocketServer, type ClientOptions } from 'ws';
import { listenUntilTestEnds } from './start-upstream.ts';

export interface WebSocketUpstream {
  readonly port: number;
  readonly origin: string;
  /** The handshakes that came, whole. */
  readonly handshakes: readonly IncomingMessage[];
  /** The server's side of each connection. */
  readonly sockets: readonly WebSocket[];
}

/** Echoes every message, prefers the subprotocol `v2`. `server` may be any HTTP server, HTTPS too. */
export async function startWebSocketUpstream(server: Server = createServer()): Promise<WebSocketUpstream> {
  const handshakes: IncomingMessage[] = [];
  const sockets: WebSocket[] = [];
  const webSockets = new WebSocketServer({
    server,
    handleProtocols: (offered) => (offered.has('v2') ? 'v2' : false),
  });
  webSockets.on('connection', (socket, request) => {
    handshakes.push(request);
    sockets.push(socket);
    socket.on('error', () => socket.terminate());
    socket.on('message', (message, isBinary) => socket.send(message, { binary: isBinary }));
  });
  onTestFinished(() => {
    for (const socket of webSockets.clients) socket.terminate();
    webSockets.close();
  });
  const port = await listenUntilTestEnds(server);
  return { port, origin: `http://127.0.0.1:${port}`, handshakes, sockets };
}

export interface WebSocketClient {
  readonly socket: WebSocket;
  readonly messages: readonly (string | Buffer)[];
  /** Once closed: code and reason. */
  readonly closing: { code: number; reason: string } | null;
}

/** Resolves when the connection is open; rejects with the status of a refusal as `refused: 403`. */
export function openWebSocket(
  url: string,
  options: ClientOptions & { readonly protocols?: string[] } = {},
): Promise<WebSocketClient> {
  const { protocols = [], ...rest } = options;
  const socket = new WebSocket(url, protocols, rest);
  onTestFinished(() => socket.terminate());
  const client = { socket, messages: [] as (string | Buffer)[], closing: null as WebSocketClient['closing'] };
  socket.on('message', (message: Buffer, isBinary) =>
    client.messages.push(isBinary ? message : message.toString('utf8')),
  );
  socket.on('close', (code, reason) => (client.closing = { code, reason: reason.toString('utf8') }));
  return new Promise((resolve, reject) => {
    socket.once('open', () => resolve(client));
    socket.once('unexpected-response', (_request, response: IncomingMessage) => {
      const pieces: Buffer[] = [];
      response.on('data', (piece: Buffer) => pieces.push(piece));
      response.once('close', () => {
        reject(new Error(`refused: ${response.statusCode ?? 0} ${Buffer.concat(pieces).toString('utf8')}`));
      });
    });
    socket.once('error', reject);
  });
}

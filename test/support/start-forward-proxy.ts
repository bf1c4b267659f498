/** A forward proxy for tests, as HTTP_PROXY and HTTPS_PROXY name one. Sends everything to one port, whatever the host. */
import { createServer, request as httpRequest, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import { connect, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { listenUntilTestEnds } from './start-upstream.ts';

export interface ForwardProxyOptions {
  /** On loopback: where every host leads to. */
  readonly upstreamPort: number;
  /** `user:password` that it demands. */
  readonly credentials?: string;
  /** Its own TLS identity; none: plain HTTP. */
  readonly identity?: { readonly cert: string; readonly key: string };
  /** Answers everything with this status. */
  readonly refuseWith?: number;
}

export interface ForwardProxy {
  readonly port: number;
  /** Request lines as they came: `GET http://far.example/x`, `CONNECT far.example:443`. */
  readonly lines: readonly string[];
  /** Names and values in turn, of each request line. */
  readonly rawHeaders: readonly (readonly string[])[];
}

/** Listens on loopback until the test ends. */
export async function startForwardProxy(options: ForwardProxyOptions): Promise<ForwardProxy> {
  const lines: string[] = [];
  const rawHeaders: (readonly string[])[] = [];
  const note = (request: IncomingMessage): number => {
    lines.push(`${request.method ?? ''} ${request.url ?? ''}`);
    rawHeaders.push(request.rawHeaders);
    return verdict(request, options);
  };
  const server = options.identity === undefined ? createServer() : createSecureServer(options.identity);
  server.on('request', (request, response) => {
    const status = note(request);
    if (status !== 200) response.writeHead(status, { 'Content-Length': 0 }).end();
    else passOn(request, response, options.upstreamPort);
  });
  server.on('connect', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    socket.on('error', () => socket.destroy());
    const status = note(request);
    if (status !== 200) {
      socket.end(`HTTP/1.1 ${status} Refused\r\nContent-Length: 0\r\n\r\n`);
      return;
    }
    tunnel(socket, head, options.upstreamPort);
  });
  return { port: await listenUntilTestEnds(server), lines, rawHeaders };
}

function verdict({ headers }: IncomingMessage, { credentials, refuseWith }: ForwardProxyOptions): number {
  if (refuseWith !== undefined) return refuseWith;
  if (credentials === undefined) return 200;
  return headers['proxy-authorization'] === `Basic ${Buffer.from(credentials).toString('base64')}` ? 200 : 407;
}

function passOn(request: IncomingMessage, response: ServerResponse, port: number): void {
  const url = new URL(request.url ?? '');
  const outgoing = httpRequest(
    { host: '127.0.0.1', port, method: request.method, path: url.pathname + url.search, headers: request.rawHeaders },
    (answer) => {
      response.writeHead(answer.statusCode ?? 0, answer.rawHeaders);
      answer.pipe(response);
    },
  );
  outgoing.on('error', () => response.destroy());
  request.pipe(outgoing);
}

function tunnel(caller: Duplex, head: Buffer, port: number): void {
  const upstream: Socket = connect({ host: '127.0.0.1', port }, () => {
    caller.write('HTTP/1.1 200 Connection established\r\n\r\n');
    upstream.write(head);
    upstream.pipe(caller).pipe(upstream);
  });
  upstream.on('error', () => caller.destroy());
  caller.on('close', () => upstream.destroy());
}

/**
 * A plain HTTP server out there, to call by name. `/order66` says which header came with the call, `/council` wants a
 * bearer token, `/echo` answers what it was sent, `/events` is an endless event stream.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { pipeline } from 'node:stream/promises';
import type { Clock } from '#shared/clock/clock.ts';
import { type RunningServer, startServer } from './running-server.ts';

export interface PalpatineOptions {
  readonly port: number;
  /** What `/council` accepts. */
  readonly token: string;
  readonly clock: Clock;
}

/** Starts it on 127.0.0.1. */
export function startPalpatine(options: PalpatineOptions): Promise<RunningServer> {
  const server = createServer((request, response) => {
    const [path] = (request.url ?? '/').split('?', 1);
    if (path === '/order66') return sendOrder(request, response);
    if (path === '/council') return admit(request, response, options.token);
    if (path === '/echo') return void echo(request, response);
    if (path === '/events') return sendEvents(response, options.clock);
    response.writeHead(404, { 'content-type': 'text/plain' }).end(`nothing at ${String(path)}\n`);
  });
  return startServer(server, options.port);
}

function sendOrder(request: IncomingMessage, response: ServerResponse): void {
  const commander = request.headers['x-commander'];
  const address = typeof commander === 'string' ? `Commander ${commander}, ` : '';
  response.writeHead(200, { 'content-type': 'text/plain' }).end(`${address}execute order 66.\n`);
}

function admit(request: IncomingMessage, response: ServerResponse, token: string): void {
  const isMember = request.headers.authorization === `Bearer ${token}`;
  response
    .writeHead(isMember ? 200 : 401, { 'content-type': 'text/plain' })
    .end(isMember ? 'Take a seat.\n' : 'You are on this council, but we do not grant you a seat.\n');
}

/** First the request line and headers as they arrived, then the body as it arrives. */
async function echo(request: IncomingMessage, response: ServerResponse): Promise<void> {
  response.writeHead(200, { 'content-type': 'text/plain' });
  response.write(`${String(request.method)} ${String(request.url)}\n`);
  for (let index = 0; index < request.rawHeaders.length; index += 2) {
    response.write(`${String(request.rawHeaders[index])}: ${String(request.rawHeaders[index + 1])}\n`);
  }
  response.write('\n');
  await pipeline(request, response).catch(() => response.destroy());
}

function sendEvents(response: ServerResponse, clock: Clock): void {
  response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' });
  let count = 0;
  const send = (): void => {
    if (response.closed) return;
    count += 1;
    response.write(`data: transmission ${count}\n\n`);
    clock.after(1_000, send);
  };
  send();
}

/** A server to be patient with: `/jump` fails every other time, and `/carbonite` never answers. */
import { createServer } from 'node:http';
import { type RunningServer, startServer } from './running-server.ts';

/** Starts it on 127.0.0.1. */
export function startFalcon(options: { readonly port: number }): Promise<RunningServer> {
  let hasFailed = false;
  const server = createServer((request, response) => {
    if (request.url?.startsWith('/carbonite') === true) return;
    hasFailed = !hasFailed;
    response
      .writeHead(hasFailed ? 503 : 200, { 'content-type': 'text/plain' })
      .end(hasFailed ? 'It is not my fault.\n' : 'Light speed, at the second try.\n');
  });
  return startServer(server, options.port);
}

/** The application beside the proxy: the near side, called by its app id. */
import { createServer } from 'node:http';
import { type RunningServer, startServer } from './running-server.ts';

/** Starts it on 127.0.0.1. */
export function startApplication(options: { readonly port: number }): Promise<RunningServer> {
  const server = createServer((request, response) => {
    if (request.url === '/orders/66') {
      return void response.writeHead(200, { 'content-type': 'application/json' }).end('{"order":66,"state":"open"}\n');
    }
    response.writeHead(404, { 'content-type': 'text/plain' }).end(`no such order: ${String(request.url)}\n`);
  });
  return startServer(server, options.port);
}
